/** What `gateway verify` counted. */
export interface Proof {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly probes: readonly { readonly control: string; readonly result: string; readonly attack: boolean }[];
}

export interface Started {
  readonly stack: string;
  readonly url: string;
  /** Path of the file with the authority to trust. */
  readonly authority: string;
  readonly proof: Proof;
}

/** The last words of `npm start`: where the gateway is, how far it is proven, how to call it, what to do next. */
export function startText({ stack, url, authority, proof }: Started): string {
  const controls = new Set(proof.probes.filter(({ result }) => result === "passed").map(({ control }) => control)).size;
  const attacks = proof.probes.filter(({ result, attack }) => result === "passed" && attack).length;
  const skipped = proof.skipped === 0 ? "" : `, ${proof.skipped} skipped (each with its reason above)`;
  const proven =
    proof.failed === 0
      ? `${proof.passed} probes passed, ${attacks} of them attacks, for ${controls} controls${skipped}`
      : `NOT PROVEN: ${proof.failed} of ${proof.passed + proof.failed} probes failed${skipped}`;
  return [
    "",
    `url        ${url}`,
    `authority  ${authority}`,
    `proof      ${proven}`,
    "",
    "Call it:",
    `  curl --cacert ${authority} ${url}/products`,
    `  curl --cacert ${authority} -H "authorization: Bearer $(npx gateway token -s ${stack} --scope orders.read)" ${url}/orders`,
    "",
    "Next:",
    `  npx gateway outputs -s ${stack}                         where it is; API keys masked, --show-secrets shows them`,
    `  npx gateway certs -s ${stack}                           its certificates and how long they last`,
    "  npx gateway plan -s aws-dev                         the same document on a cloud, without an account",
    `  npx gateway destroy -s ${stack}                         stop it and remove everything it made`,
    "",
  ].join("\n");
}
