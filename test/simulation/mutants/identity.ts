import type { Mutant } from "./mutant.ts";

const gatekeeper = "dispatcher/src/identity/gatekeeper.ts";
const objection = "dispatcher/src/identity/objection.ts";

/** Who may say what, and who may serve what. */
export const identityMutants: readonly Mutant[] = [
  {
    name: "Whoever reaches the broker may say anything.",
    law: "identity",
    file: gatekeeper,
    find: `if (objection === null) {`,
    replace: `if (objection !== "") {`,
  },
  {
    name: "Nobody has to say who he is.",
    law: "identity",
    file: gatekeeper,
    find: `if (sender === null) return "the broker does not vouch for whoever sent it";`,
    replace: `if (sender === null) return null;`,
  },
  {
    name: "A session is anybody's.",
    law: "identity",
    file: objection,
    find: `if (opener !== undefined) return opener === user;`,
    replace: `if (opener !== undefined) return true;`,
  },
  {
    name: "A session may name the targets of others.",
    law: "identity",
    file: objection,
    find: `  const named = objectionToTargets(targets, user, space);
  if (named !== null) return named;`,
    replace: "",
  },
  {
    name: "Answers go wherever somebody wants them.",
    law: "identity",
    file: gatekeeper,
    find: `    return isOwnSession(session, sender, knowledge) ? queue : null;`,
    replace: `    return queue;`,
  },
  {
    name: "Whoever is honest is refused, if only a new session.",
    law: "identity",
    file: gatekeeper,
    find: `if (this.#setup.serverUsers === null) return { opened, refused: [] };
    const knowledge = new BatchKnowledge(this.#setup);`,
    replace: `if (this.#setup.serverUsers === null) return { opened, refused: [] };
    const knowledge = new BatchKnowledge(this.#setup);
    knowledge.owns = () => false;`,
  },
  {
    name: "A session serves whatever it names.",
    law: "model",
    judge: "model",
    file: "engine/src/service.ts",
    find: `return user === null || users.length === 0 || users.includes(user);`,
    replace: `return user === null || users.length >= 0;`,
  },
  {
    name: "Who serves a target stays the same when its users change.",
    law: "model",
    judge: "model",
    file: "engine/src/service.ts",
    find: `if (leaving.length === 0 && joining.length === 0) return;`,
    replace: `if (joining.length === 0) return;`,
  },
];
