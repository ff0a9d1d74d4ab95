import type { Db } from "pg-boss";

/** Runs single statements. Parameters are `$1`, `$2`, …; JSON goes in as text and comes out parsed, times come out as `Date`. */
export interface Sql {
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** The portal's database: PostgreSQL, embedded or a server. Whatever keeps it from answering is a Refusal with the code `unavailable`. */
export interface Database extends Sql {
  readonly kind: "embedded" | "server";
  /** Runs `work` in one transaction; it is rolled back when `work` rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** For the queue, which brings statements of its own, several in one text among them, and judges failures itself. */
  readonly raw: Db;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** URL of a PostgreSQL server. @default the environment's DATABASE_URL; without one the database is embedded */
  readonly url?: string | undefined;
  /** Folder of the embedded database; created when it is missing. */
  readonly folder: string;
  /** Connections to a server at the same time. @default 10 */
  readonly connections?: number;
}

/** Opens the database and brings its tables up to date. @throws Refusal `unavailable` or `locked` */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const url = options.url ?? process.env.DATABASE_URL;
  const database =
    url === undefined || url === ""
      ? await (await import("./embedded.ts")).openEmbedded(options.folder)
      : await (await import("./server.ts")).openServer(url, options.connections ?? 10);
  try {
    const { migrate } = await import("./migrate.ts");
    await migrate(database);
    return database;
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
}
