import pg from "pg";
import type { Db } from "pg-boss";
import type { Database, Sql } from "./database.ts";
import { databaseFailure, isAway } from "./failures.ts";

const CONNECT_MS = 5_000;
const STATEMENT_MS = 30_000;

/** Connects to a PostgreSQL server. Connections that break are replaced. */
export async function openServer(url: string, connections: number): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    application_name: "secure-gateway portal",
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it is only dropped.
  pool.on("error", () => {});
  const database = new Server(pool);
  try {
    await database.query("SELECT 1");
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

class Server implements Database {
  readonly kind = "server";
  readonly raw: Db;
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.raw = { executeSql: (text, values) => pool.query(text, values === undefined ? undefined : [...values]) };
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#pool.query(text, [...values])).rows as Row[];
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    // While a connection is lent, the pool leaves its errors to us; statements reject by themselves.
    const ignore = () => {};
    let broken: Error | undefined;
    try {
      client = await this.#pool.connect();
      client.on("error", ignore);
      const connection = client;
      await connection.query("BEGIN");
      const result = await work({ query: async (text, values = []) => (await connection.query(text, [...values])).rows as never });
      await connection.query("COMMIT");
      return result;
    } catch (error) {
      if (isAway(error)) broken = error as Error;
      else {
        await client?.query("ROLLBACK").catch((failure: Error) => {
          broken = failure;
        });
      }
      throw databaseFailure(error);
    } finally {
      client?.removeListener("error", ignore);
      client?.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
