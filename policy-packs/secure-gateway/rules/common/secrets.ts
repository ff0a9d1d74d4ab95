import { fail, PASS, type Rule } from "../rule.ts";
import { texts } from "../subject.ts";

const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

export const privateKeyInPlaintext: Rule = {
  id: "private-key-in-plaintext",
  title: "Pass private keys only as secrets",
  why: "A private key that is not a secret is readable in the state, in previews and in logs.",
  remedy: "Give it as a secret: pulumi.secret(…), a stack secret (`{ secret: name }`) or a secret manager's reference.",
  severity: "critical",
  level: "mandatory",
  sources: ["CWE-312"],
  types: ["*"],
  planOnly: true,
  judge(subject) {
    for (const { path, text } of texts(subject.props))
      if (PRIVATE_KEY.test(text)) return fail(path, "holds a private key that is not marked as a secret");
    return PASS;
  },
};
