import type { TentacleUser } from "./credentials.ts";

/** Asks for the password, which so stays out of the history of the shell and of the list of processes. */
export function addUserLine({ name }: TentacleUser): string {
  return line("add_user", name);
}

/** Nobody but the broker knows whether the user is there. */
export function changePasswordLine({ name }: TentacleUser): string {
  return `${line("change_password", name)}   # where there is no such user yet: add_user`;
}

export function setPermissionsLine({ name, permissions }: TentacleUser, virtualHost: string): string {
  const { configure, write, read } = permissions;
  return line("set_permissions", "--vhost", virtualHost, name, configure, write, read);
}

export function deleteUserLine({ name }: TentacleUser): string {
  return line("delete_user", name);
}

function line(...words: readonly string[]): string {
  return ["rabbitmqctl", ...words.map(quoted)].join(" ");
}

/** For a shell of Unix. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
