/** A message of a rendered configuration, open for edits. */
export interface Tree {
  [field: string]: unknown;
}

export const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** The message below `tree` at these fields. */
export function child(tree: Tree | undefined, ...fields: readonly string[]): Tree | undefined {
  return fields.reduce<Tree | undefined>((at, field) => {
    const value = at?.[field];
    return isTree(value) ? value : undefined;
  }, tree);
}

/** The messages of a list. */
export const listOf = (tree: Tree | undefined, field: string): Tree[] => {
  const value = tree?.[field];
  return Array.isArray(value) ? value.filter(isTree) : [];
};

/** Calls `visit` for every message below and including `value`, outer ones first. */
export function eachTree(value: unknown, visit: (tree: Tree) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) eachTree(item, visit);
  } else if (isTree(value)) {
    visit(value);
    for (const item of Object.values(value)) eachTree(item, visit);
  }
}

/** Every message of a type, by the end of its name. */
export function ofType(value: unknown, type: string): Tree[] {
  const found: Tree[] = [];
  eachTree(value, (tree) => {
    if (typeof tree["@type"] === "string" && tree["@type"].endsWith(`.${type}`)) found.push(tree);
  });
  return found;
}

/** Takes what `unwanted` says out of every list. */
export function dropItems(value: unknown, unwanted: (item: Tree) => boolean): void {
  eachTree(value, (tree) => {
    for (const [field, list] of Object.entries(tree)) {
      if (Array.isArray(list)) tree[field] = list.filter((item) => !(isTree(item) && unwanted(item)));
    }
  });
}

/** Makes `tree` say what `content` says and nothing else. */
export function replaceWith(tree: Tree, content: Tree): void {
  for (const field of Object.keys(tree)) delete tree[field];
  Object.assign(tree, content);
}

/** Takes fields out of a message. */
export function without(tree: Tree | undefined, ...fields: readonly string[]): void {
  for (const field of fields) delete tree?.[field];
}
