// amqplib alone on the queues that Berth has, as far as speed goes: what the broker and its client can do here at most.
// There are no rules: nobody waits for a slot, nothing is stored, and a task that is lost with its worker is just sent again
// by the broker. So overlaps are not counted against it.

import { Buffer } from "node:buffer";
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from "amqplib";
import type { Runs } from "./runs.ts";
import type { Scene, Sender, System, Worker } from "./system.ts";
import { each, type TaskData } from "./tasks.ts";

const prefetch = 1000;
const declaredAtOnce = 50;

/** amqplib leaves Nagle's algorithm on unless it is told otherwise. */
async function connection(scene: Scene): Promise<ChannelModel> {
  return await connect(scene.urls.amqp, { noDelay: true });
}

function queueOf(scene: Scene, target: number): string {
  return `${scene.run}/target/${target}`;
}

function queuesOf(scene: Scene): string[] {
  return Array.from({ length: scene.targets }, (_, target) => queueOf(scene, target));
}

async function sender(scene: Scene): Promise<Sender> {
  const link = await connection(scene);
  const channel = await link.createChannel();
  await each(queuesOf(scene), declaredAtOnce, (queue) => channel.assertQueue(queue, { durable: true }));
  return {
    async send(tasks) {
      for (const task of tasks) {
        const body = Buffer.from(JSON.stringify(task));
        const hasRoom = channel.publish("", queueOf(scene, task.target), body, { deliveryMode: 1 });
        if (!hasRoom) await new Promise((resolve) => channel.once("drain", resolve));
      }
      await answered(channel, scene);
    },
    stop: () => link.close(),
  };
}

async function worker(scene: Scene, runs: Runs): Promise<Worker> {
  const link = await connection(scene);
  const channel = await link.createChannel();
  await channel.prefetch(prefetch);
  const receive = async (message: ConsumeMessage | null): Promise<void> => {
    if (message === null) throw new Error("a queue was deleted while it was consumed");
    const { task, target } = JSON.parse(message.content.toString()) as TaskData;
    await runs.run(task, target);
    channel.ack(message);
  };
  await each(queuesOf(scene), declaredAtOnce, (queue) =>
    channel.consume(queue, (message) => void receive(message)),
  );
  return {
    async settled(tasks) {
      await runs.reached(tasks);
      await answered(channel, scene);
    },
    stop: () => link.close(),
  };
}

/** A channel is served in order, so the server has read all that was sent before when it answers this. */
async function answered(channel: Channel, scene: Scene): Promise<void> {
  await channel.checkQueue(queueOf(scene, 0));
}

async function clean(scene: Scene): Promise<void> {
  const link = await connection(scene);
  const channel = await link.createChannel();
  await each(queuesOf(scene), declaredAtOnce, (queue) => channel.deleteQueue(queue));
  await link.close();
}

export const ceiling: System = { servers: ["amqp"], libraries: ["amqplib"], sender, worker, clean };
