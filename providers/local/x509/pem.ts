/** The certificates in a text, one PEM block each, in order. */
export const certificateBlocks = (text: string): string[] =>
  [...text.matchAll(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)].map(([block]) => `${block}\n`);

/** The private keys in a text, one PEM block each, in order: PKCS#8, SEC 1 or PKCS#1, not encrypted. */
export const privateKeyBlocks = (text: string): string[] =>
  [...text.matchAll(/-----BEGIN (EC |RSA |)PRIVATE KEY-----[^-]*-----END \1PRIVATE KEY-----/g)].map(([block]) => `${block}\n`);
