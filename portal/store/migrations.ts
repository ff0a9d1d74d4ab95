/**
 * Every step from an empty database to today's tables, in order. A step that was released is never changed: what differs is a new step.
 * Each step is a list of statements, run in one transaction.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE portal.stack (
      name text PRIMARY KEY,
      cloud text NOT NULL,
      -- Pulumi.<stack>.yaml: configuration in the open, secrets encrypted by the stack's own key.
      stack_file text NOT NULL,
      -- Counts changes of stack_file and of the settings below.
      settings_version integer NOT NULL DEFAULT 1,
      four_eyes boolean NOT NULL,
      -- Files the document names are read from here; relative to the project.
      document_folder text NOT NULL,
      -- What is deployed: document version and digest, plan, strength of its controls.
      deployed jsonb,
      -- Digest of the state after the last operation of this portal.
      state_digest text,
      -- Certificates after the last operation, as the command certs lists them.
      certificates jsonb,
      health text NOT NULL DEFAULT 'never deployed',
      created_by text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE portal.document (
      stack text NOT NULL REFERENCES portal.stack (name),
      version integer NOT NULL,
      text text NOT NULL,
      digest text NOT NULL,
      by text NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (stack, version))`,
    `CREATE TABLE portal.plan (
      id text PRIMARY KEY,
      number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
      stack text NOT NULL REFERENCES portal.stack (name),
      kind text NOT NULL,
      -- open, refused, rejected or stale; whether it waits, is approved or was applied follows from approvals and operations.
      status text NOT NULL,
      requested_by text NOT NULL,
      requested_at timestamptz NOT NULL DEFAULT now(),
      weakens boolean NOT NULL,
      digest text NOT NULL,
      document_version integer NOT NULL,
      settings_version integer NOT NULL,
      program text NOT NULL,
      state_digest text NOT NULL,
      body jsonb NOT NULL,
      html text NOT NULL)`,
    "CREATE INDEX plan_of_stack ON portal.plan (stack, number DESC)",
    `CREATE TABLE portal.approval (
      plan text NOT NULL REFERENCES portal.plan (id),
      by text NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      verdict text NOT NULL,
      comment text NOT NULL,
      PRIMARY KEY (plan, by))`,
    `CREATE TABLE portal.operation (
      id text PRIMARY KEY,
      number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
      stack text NOT NULL REFERENCES portal.stack (name),
      kind text NOT NULL,
      plan text UNIQUE REFERENCES portal.plan (id),
      options jsonb NOT NULL DEFAULT '{}',
      state text NOT NULL,
      requested_by text NOT NULL,
      requested_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      ended_at timestamptz,
      changes jsonb,
      error jsonb,
      last_sequence integer NOT NULL DEFAULT 0,
      -- Counts the runners that were started for it.
      attempt integer NOT NULL DEFAULT 0,
      -- Bytes of the current attempt's journal that are stored.
      journal_offset integer NOT NULL DEFAULT 0,
      -- The portal that looks after it, and when it last said so.
      owner text,
      heartbeat timestamptz,
      -- Process of the current attempt: host, pid, when it started, its folder.
      runner jsonb,
      -- Engines of attempts whose runner died: host and pid, whose locks are ours to clear.
      engines jsonb NOT NULL DEFAULT '[]')`,
    "CREATE INDEX operation_of_stack ON portal.operation (stack, number DESC)",
    "CREATE INDEX operation_open ON portal.operation (number) WHERE ended_at IS NULL",
    `CREATE TABLE portal.event (
      operation text NOT NULL REFERENCES portal.operation (id),
      sequence integer NOT NULL,
      at timestamptz NOT NULL,
      event jsonb NOT NULL,
      PRIMARY KEY (operation, sequence))`,
    `CREATE TABLE portal.audit (
      sequence integer PRIMARY KEY,
      at timestamptz NOT NULL,
      actor text NOT NULL,
      origin text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      digest text,
      outcome text NOT NULL,
      -- SHA-256 over the hash before it and this entry, so that a row changed behind the portal's back shows.
      hash text NOT NULL)`,
    `CREATE FUNCTION portal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'restrict_violation'; END $$`,
    `CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON portal.audit
      FOR EACH ROW EXECUTE FUNCTION portal.refuse_change()`,
    `CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON portal.audit
      FOR EACH STATEMENT EXECUTE FUNCTION portal.refuse_change()`,
    `CREATE TABLE portal.idempotency (
      actor text NOT NULL,
      key text NOT NULL,
      request text NOT NULL,
      -- Absent while the first request is being answered.
      status integer,
      headers jsonb,
      body text,
      at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (actor, key))`,
    `CREATE TABLE portal.session (
      -- SHA-256 of the token the browser holds.
      id text PRIMARY KEY,
      data jsonb NOT NULL,
      expires_at timestamptz NOT NULL)`,
    "CREATE INDEX session_expiry ON portal.session (expires_at)",
  ],
  ["ALTER TABLE portal.stack ADD COLUMN rotation jsonb"],
];
