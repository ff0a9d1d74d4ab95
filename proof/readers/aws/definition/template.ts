/** What a template of a mock integration writes: its text, and the answer's headers it sets. */
export interface Written {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Value = string | boolean | readonly string[] | undefined;

const DIRECTIVE = /#(set|if|foreach)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)|#end/;

/**
 * Runs as much of API Gateway's template language (Velocity) as answers to preflights need: `#set`, `#if`, `#foreach` over a list of texts,
 * `==`, `!`, and the request's headers, which a template gets as the client wrote their names.
 *
 * @throws Error at anything else
 */
export function runTemplate(template: string, requestHeaders: Readonly<Record<string, string>>): Written {
  const variables = new Map<string, Value>();
  const headers: Record<string, string> = {};
  let text = "";

  const evaluate = (expression: string): Value => {
    const term = expression.trim();
    if (term.startsWith("!")) return !truthy(evaluate(term.slice(1)));
    const equal = /^(\$\w+) == (\$\w+)$/.exec(term);
    if (equal) return evaluate(equal[1] as string) === evaluate(equal[2] as string);
    if (/^"[^"$#]*"$/.test(term)) return term.slice(1, -1);
    if (term === "true" || term === "false") return term === "true";
    const header = /^\$input\.params\(\)\.header\.get\("([^"]+)"\)$/.exec(term);
    if (header) return requestHeaders[header[1] as string];
    if (/^\[.*\]$/.test(term)) return [...term.matchAll(/"([^"]*)"/g)].map(([, one = ""]) => one);
    if (/^\$\w+$/.test(term)) return variables.get(term);
    throw new Error(`template term ${term}`);
  };

  const run = (source: string): void => {
    let rest = source;
    while (rest !== "") {
      const found = DIRECTIVE.exec(rest);
      text += found ? rest.slice(0, found.index) : rest;
      if (found === null) return;
      const [whole, directive, inside = ""] = found;
      rest = rest.slice(found.index + whole.length);
      if (directive === undefined) throw new Error("#end without a beginning");
      if (directive === "set") {
        assign(inside);
        continue;
      }
      const [block, after] = blockOf(rest);
      rest = after;
      if (directive === "if") {
        if (truthy(evaluate(inside))) run(block);
        continue;
      }
      const [, variable, list] = /^(\$\w+) in (.+)$/.exec(inside) ?? [];
      if (variable === undefined) throw new Error(`template loop ${inside}`);
      for (const entry of evaluate(list as string) as readonly string[]) {
        variables.set(variable, entry);
        run(block);
      }
    }
  };

  const assign = (inside: string): void => {
    const [, target = "", expression = ""] = /^(\$[\w.-]+) = (.+)$/s.exec(inside) ?? [];
    const value = evaluate(expression);
    const header = /^\$context\.responseOverride\.header\.([\w-]+)$/.exec(target)?.[1];
    if (header !== undefined) headers[header] = String(value);
    else if (/^\$\w+$/.test(target)) variables.set(target, value);
    else throw new Error(`template assignment ${inside}`);
  };

  run(template);
  return { text, headers };
}

const truthy = (value: Value): boolean => value !== undefined && value !== false;

/** The text up to the `#end` that belongs to a directive, and what comes after. */
function blockOf(source: string): [string, string] {
  let depth = 1;
  const mark = /#(?:if|foreach)\(|#end/g;
  for (let found = mark.exec(source); found; found = mark.exec(source)) {
    depth += found[0] === "#end" ? -1 : 1;
    if (depth === 0) return [source.slice(0, found.index), source.slice(found.index + found[0].length)];
  }
  throw new Error("a directive without its #end");
}
