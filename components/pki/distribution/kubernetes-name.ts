/** A service's name as Kubernetes writes names. */
export const kubernetesName = (service: string): string => service.toLowerCase().replaceAll("_", "-");
