import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** Name of the link a service's configuration points below. */
const CURRENT = "current";

/**
 * Writes a service's identity for a host that has no secret store. Certificate and key change together: they are written into a folder of their own,
 * and one link is moved; whoever reads `<folder>/current/tls.crt` and `tls.key` sees either both old or both new ones, also after a crash in between.
 *
 * @param folder Made with mode 0700 where it is not there
 * @param files Contents by name; each is written with mode 0600
 * @throws Error of the file system
 */
export async function writeServiceFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const name of Object.keys(files))
    if (name === "" || basename(name) !== name || name.startsWith(".")) throw new Error(`"${name}" is no name of a file in one folder`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const before = await readlink(join(folder, CURRENT)).catch(() => undefined);
  const mark = randomBytes(8).toString("hex");
  const next = `version-${mark}`;
  await mkdir(join(folder, next), { mode: 0o700 });
  for (const [name, content] of Object.entries(files)) await writeDurably(join(folder, next, name), content);
  await symlink(next, join(folder, `link-${mark}`));
  await rename(join(folder, `link-${mark}`), join(folder, CURRENT));
  // What was left over by a crash goes as well; the one before stays for readers that have the link open.
  for (const entry of await readdir(folder))
    if (/^(version|link)-[0-9a-f]{16}$/.test(entry) && entry !== next && entry !== before)
      await rm(join(folder, entry), { recursive: true, force: true });
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
