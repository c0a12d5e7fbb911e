import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { isLiving } from "../support/processes.ts";
import { startScene } from "../support/tentacle-scene.ts";

test("5 MiB of output come complete and in order", async () => {
  const { dispatcher } = await startScene();
  const count = 80_000;
  const delivery = await dispatcher.script(
    `i=0; while [ $i -lt ${count} ]; do printf '%065d\\n' $i; i=$((i+1)); done`,
    {},
    "bash",
  );
  await dispatcher.reported(delivery, "finished");
  const lines = dispatcher.output(delivery);
  expect(lines).toHaveLength(count);
  const wrong = lines.findIndex(({ number, text }, index) => number !== index + 1 || Number(text) !== index);
  expect(wrong).toBe(-1);
  expect(Math.max(...dispatcher.messageBytes)).toBeLessThan(1024 * 1024);
});

test("output that the broker does not take stops the script instead of filling the memory", async () => {
  const { dispatcher, broker } = await startScene({ outputBytesMax: 100 * 1024 * 1024 });
  const publish = broker.publish.bind(broker);
  const held: (() => void)[] = [];
  let holding = true;
  let bytes = 0;
  broker.publish = async (message) => {
    if (message.body.includes('"progress"')) {
      bytes += message.body.length;
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
    }
    return publish(message);
  };
  const delivery = await dispatcher.script(
    "echo $$; head -c 30000000 /dev/zero | tr '\\0' 'x' | fold -w 100; echo; echo end",
  );
  // The script stands still: nothing more is sent, though it is far from its end.
  let before = -1;
  let quietSince = performance.now();
  await eventually("the output stands still", () => {
    if (bytes !== before) quietSince = performance.now();
    before = bytes;
    return bytes > 0 && performance.now() - quietSince > 500;
  });
  expect(bytes).toBeLessThan(6_000_000);
  holding = false;
  for (const release of held) release();
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome.type).toBe("succeeded");
  const lines = dispatcher.text(delivery);
  expect(lines).toHaveLength(300_002);
  expect(lines.at(-1)).toBe("end");
  expect(isLiving(Number(lines[0]))).toBe(false);
});

test("output over the limit is dropped and counted", async () => {
  const { dispatcher } = await startScene({ outputBytesMax: 1000 });
  const delivery = await dispatcher.script("head -c 5000 /dev/zero | tr '\\0' 'x'; echo; echo more; exit 2");
  const { outcome } = await dispatcher.reported(delivery, "finished");
  expect(outcome).toMatchObject({ type: "failed", exitCode: 2 });
  expect(dispatcher.text(delivery).join("")).toBe("x".repeat(1000));
  expect(dispatcher.text(delivery, "berth")).toEqual([
    "output is over the limit of 1000 bytes; what follows is dropped",
    "4006 bytes of output were dropped",
  ]);
});

test("a character that comes in pieces is put together", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script(
    "printf '\\342'; sleep 0.05; printf '\\202'; sleep 0.3; printf '\\254 and \\360\\237'; sleep 0.3; printf '\\231\\202\\n'",
  );
  await dispatcher.reported(delivery, "finished");
  expect(dispatcher.text(delivery).join("")).toBe("€ and 🙂");
});

test("text without a line end is shown while the script runs", async () => {
  const { dispatcher } = await startScene();
  const delivery = await dispatcher.script(
    "printf 'Sure? '; while [ ! -e go ]; do sleep 0.05; done; echo yes",
  );
  await dispatcher.said(delivery, "Sure? ");
  await dispatcher.cancel(delivery, 0);
  await dispatcher.reported(delivery, "finished");
});
