import { randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { isOfEarlierBoot, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import { pause } from "./timing.ts";
import { lockWorkspace, type WorkspaceLock } from "./workspace-lock.ts";

/** How long a guard may take to end what its tentacle has left: it sends KILL within a second. */
const proofMsMax = 5_000;
const proofPollMs = 50;

/** What a successor in the same workspace has to know, in `session.json`. */
interface Notes {
  readonly space: string;
  readonly tentacle: string;
  readonly process: ProcessIdentity;
  /** Name of the file that the guard makes when nothing of this tentacle runs any more. */
  readonly proof: string | null;
  /** Sessions that the server may still take for open. */
  readonly sessions: readonly string[];
}

export interface WorkspaceOwner {
  readonly space: string;
  readonly tentacle: string;
}

/** The directory of one tentacle, which outlives it: its successor finds there what it has left behind. */
export class Workspace {
  readonly #directory: string;
  readonly #lock: WorkspaceLock;
  #notes: Notes;
  #writing: Promise<void> = Promise.resolve();

  /** Rejects with `WorkspaceInUse` where another tentacle that is alive has it. */
  static async open(directory: string, owner: WorkspaceOwner, logger: Logger): Promise<Workspace> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const lock = await lockWorkspace(directory);
    try {
      const sessions = await provenSessions(directory, owner, logger);
      const notes = { ...owner, process: await ownIdentity(), proof: null, sessions };
      return new Workspace(directory, lock, notes);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(directory: string, lock: WorkspaceLock, notes: Notes) {
    this.#directory = directory;
    this.#lock = lock;
    this.#notes = notes;
  }

  /** Sessions that the server may still take for open. */
  get sessions(): readonly string[] {
    return this.#notes.sessions;
  }

  /** Where scripts get their folders. */
  get scripts(): string {
    return scriptsOf(this.#directory);
  }

  /** For the pipes that scripts write to. */
  get pipes(): string {
    return join(this.#directory, "pipes");
  }

  addSession(id: string): Promise<void> {
    return this.#change({ sessions: [...this.#notes.sessions, id] });
  }

  removeSessions(ids: readonly string[]): Promise<void> {
    return this.#change({ sessions: this.#notes.sessions.filter((id) => !ids.includes(id)) });
  }

  /** The path that a new guard is to make its proof at. */
  async newProof(): Promise<string> {
    const proof = `guard-${randomUUID()}.ended`;
    await this.#change({ proof });
    return join(this.#directory, proof);
  }

  /** The directory is free for the next tentacle. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#lock.release();
  }

  #change(part: Partial<Notes>): Promise<void> {
    this.#notes = { ...this.#notes, ...part };
    const text = JSON.stringify(this.#notes, null, 2);
    const write = this.#writing.then(() => writeWhole(notesOf(this.#directory), `${text}\n`));
    this.#writing = write.catch(() => {});
    return write;
  }
}

/** The sessions of the predecessor, where it is certain that nothing of them runs any more. */
async function provenSessions(directory: string, owner: WorkspaceOwner, logger: Logger): Promise<string[]> {
  const notes = await readNotes(directory);
  if (notes === null || notes.space !== owner.space || notes.tentacle !== owner.tentacle) return [];
  const proven = await isProven(directory, notes);
  if (proven) await cleanUp(directory);
  if (notes.sessions.length === 0) return [];
  if (proven) return [...notes.sessions];
  logger.warn(
    { sessions: notes.sessions },
    "nobody can tell whether scripts of the previous tentacle still run: the server waits for the end of its lease",
  );
  return [];
}

async function isProven(directory: string, notes: Notes): Promise<boolean> {
  if (notes.proof === null || (await isOfEarlierBoot(notes.process))) return true;
  const proof = join(directory, notes.proof);
  const never = new AbortController().signal;
  // Where no session is left, it is only about the clean-up.
  const untilMs = performance.now() + (notes.sessions.length === 0 ? 0 : proofMsMax);
  for (;;) {
    if (await exists(proof)) return true;
    if (performance.now() >= untilMs) return false;
    await pause(proofPollMs, never);
  }
}

async function cleanUp(directory: string): Promise<void> {
  await rm(scriptsOf(directory), { recursive: true, force: true });
  const names = await readdir(directory);
  const proofs = names.filter((name) => /^guard-.+\.ended$/.test(name));
  await Promise.all(proofs.map((name) => rm(join(directory, name), { force: true })));
}

async function readNotes(directory: string): Promise<Notes | null> {
  try {
    const notes = JSON.parse(await readFile(notesOf(directory), "utf8")) as Partial<Notes>;
    const { space, tentacle, process, proof, sessions } = notes;
    if (typeof space !== "string" || typeof tentacle !== "string" || !Array.isArray(sessions)) return null;
    if (process === undefined || proof === undefined) return null;
    return { space, tentacle, process, proof, sessions };
  } catch {
    // None, or cut off when the machine went down: then nothing is proven, and nothing claimed.
    return null;
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function notesOf(directory: string): string {
  return join(directory, "session.json");
}

function scriptsOf(directory: string): string {
  return join(directory, "scripts");
}
