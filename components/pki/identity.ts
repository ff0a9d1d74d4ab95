/** Names by which services and the gateway know each other: URI subject alternative names in the form of SPIFFE, whose trust domain is the public host name. */

/** The gateway's. */
export const gatewayIdentity = (hostname: string): string => `spiffe://${hostname}/gateway`;

/** A service's. */
export const serviceIdentity = (hostname: string, service: string): string => `spiffe://${hostname}/service/${service}`;
