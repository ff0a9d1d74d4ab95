// A Pulumi program of its own that uses the gateway as one component among others.
import { loadModel } from "secure-gateway";
import { AwsGateway } from "secure-gateway/aws";

const model = await loadModel({ file: new URL("gateway.yaml", import.meta.url).pathname });
const gateway = new AwsGateway("orders", { model });

export const url = gateway.url;
export const controls = gateway.controls.apply((controls) => controls.map(({ control, status }) => `${control}: ${status}`));
