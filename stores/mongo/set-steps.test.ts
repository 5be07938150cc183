import { expect, test } from "vitest";
import { growSet, type SetClient, type SetConfig, type SetMember, shrinkSet } from "./set-steps.ts";

/**
 * A replica set as MongoDB's manual describes it: a change names the next version, adds or removes one voter at most and keeps
 * the primary; a member that joins first copies everything, and has the server write a version of its own when it is done.
 */
class ModelSet implements SetClient {
  readonly log: string[] = [];
  #version = 1;
  #members: SetMember[];
  #primary: string;
  #joining: string | undefined;
  #asked = 0;

  constructor(hosts: readonly string[], primary = hosts[0] ?? "") {
    this.#members = hosts.map((host, _id) => ({ _id, host }));
    this.#primary = primary;
  }

  get hosts() {
    return this.#members.map(({ host }) => host);
  }
  get priorities() {
    return this.#members.map(({ priority = 1 }) => priority);
  }

  async primary(members: readonly string[]): Promise<string> {
    if (!members.includes(this.#primary)) throw new Error("the replica set has no primary");
    return this.#primary;
  }
  async config(): Promise<SetConfig> {
    // The server's own version, in between.
    const config = { version: this.#version, members: this.#members };
    if (this.#asked++ % 3 === 2) this.#version++;
    return config;
  }
  async states(): Promise<ReadonlyMap<string, string>> {
    const states = new Map(
      this.hosts.map((host) => [
        host,
        host === this.#primary ? "PRIMARY" : host === this.#joining ? "STARTUP2" : "SECONDARY",
      ]),
    );
    this.#joining = undefined;
    return states;
  }
  async reconfigure(member: string, { version, members }: SetConfig): Promise<void> {
    if (member !== this.#primary) throw new Error("NotWritablePrimary");
    if (version <= this.#version) throw new Error("NewReplicaSetConfigurationIncompatible");
    if (this.#joining !== undefined) throw new Error("ConfigurationInProgress");
    const hosts = members.map(({ host }) => host);
    const joined = hosts.filter((host) => !this.hosts.includes(host));
    const left = this.hosts.filter((host) => !hosts.includes(host));
    if (joined.length + left.length > 1) throw new Error("more than one voter at once");
    if (left.includes(this.#primary)) throw new Error("NodeNotFound: the primary must stay");
    if (new Set(members.map(({ _id }) => _id)).size < members.length) throw new Error("two of one _id");
    this.#version = version;
    this.#members = [...members];
    this.#joining = joined[0];
    this.log.push([...joined.map((host) => `+${host}`), ...left.map((host) => `-${host}`)].join("") || "=");
    const highest = Math.max(...this.priorities);
    this.#primary =
      members.find(({ host, priority = 1 }) => host === this.#primary && priority === highest)?.host ??
      members.find(({ priority = 1 }) => priority === highest)?.host ??
      "";
  }
}

const three = ["m0:1", "m1:1", "m2:1"];
const args = (members: readonly string[]) => ({
  members,
  leaving: three.filter((host) => !members.includes(host)),
  waitSeconds: 5,
  moveSeconds: 5,
});

test("members join one by one, each when the one before has everything", async () => {
  const set = new ModelSet(["m0:1"]);
  expect(await growSet(set, args(three))).toEqual([
    { object: "member m1:1", result: "created" },
    { object: "member m2:1", result: "created" },
  ]);
  expect(set.log).toEqual(["+m1:1", "+m2:1"]);
  expect(await growSet(set, args(three))).toEqual([]);
});

test("members leave one by one", async () => {
  const set = new ModelSet(three);
  expect(await shrinkSet(set, args(["m0:1"]))).toHaveLength(2);
  expect(set.log).toEqual(["-m1:1", "-m2:1"]);
  expect(await shrinkSet(set, args(["m0:1"]))).toEqual([]);
});

test("when the primary is one that leaves, one that stays takes over first, and is as before afterwards", async () => {
  const set = new ModelSet(three, "m2:1");
  await shrinkSet(set, args(["m0:1"]));
  expect(set.log).toEqual(["=", "-m1:1", "-m2:1", "="]);
  expect(set.hosts).toEqual(["m0:1"]);
  expect(set.priorities).toEqual([1]);
});

test("nobody leaves while none that stays has the data, or has not all of it", async () => {
  const strange = new ModelSet(["m1:1", "m2:1"]);
  await expect(shrinkSet(strange, args(["m0:1"]))).rejects.toThrow(/none of m0:1 is a member/);
  expect(strange.hosts).toHaveLength(2);
  const behind = new ModelSet(three);
  behind.states = async () => new Map([["m0:1", "RECOVERING"]]);
  await expect(shrinkSet(behind, { ...args(["m0:1"]), moveSeconds: 1 })).rejects.toThrow(/RECOVERING/);
  expect(behind.hosts).toHaveLength(3);
});
