/**
 * Sends a signal to all processes of a group. `false`: there is none left. A member that belongs to another user does
 * not get it, as when a script has called `sudo`.
 */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
