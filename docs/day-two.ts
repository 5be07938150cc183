/** One change of a platform that runs, as `docs/changing.md` tells it and the tests of `test/engine/day-two*` try it. */
export interface Change {
  /** What somebody does. */
  readonly what: string;
  /** Words of `./beat preview`, or of `up` where that refuses. */
  readonly says: string;
  /** What becomes of the data. */
  readonly data: string;
  /** How one gets back to where one was. */
  readonly back: string;
  /** Words of `./beat preview` on a cluster, where they are others. */
  readonly saysOnCluster?: string;
}

/** A service and what is its own. */
export const serviceChanges = {
  serviceRemoved: {
    what: "a service is taken out",
    says: "no part of the platform uses it; it stays on the engine with its data",
    saysOnCluster: "deployment notes-service",
    data: "its volume, its database and its role stay, and so do secrets of its own until `./beat secrets forget`; passwords go with the second `up`",
    back: "put it in again: tables, files and secrets are there",
  },
  serviceAdded: {
    what: "a service is added, or comes back",
    says: "container notes-service",
    saysOnCluster: "deployment notes-service",
    data: "what it finds under its names is its own",
    back: "take it out",
  },
  serviceRenamed: {
    what: "a service gets another name, without `renamedFrom`",
    says: 'renamedFrom: ["notes-service"]',
    data: "untouched: `up` ends at the store's provisioner",
    back: "its old name, or `renamedFrom`",
  },
  serviceRenamedFrom: {
    what: "a service gets another name, with `renamedFrom`",
    says: "container memos-service",
    saysOnCluster: "deployment memos-service",
    data: "its tables go along, and so do its volume and its own secrets",
    back: "the old name, with `renamedFrom` naming the new one",
  },
  databaseRemoved: {
    what: "a service needs no database any more",
    says: "secret postgres-notes-service: no part of the platform needs it any more",
    data: "the database and its role stay; `./beat logs provision-postgres` says how to drop them",
    back: "put it in again",
  },
  databaseRenamed: {
    what: "a service's database gets another name, without `renamedFrom`",
    says: 'renamedFrom: ["notes"]',
    data: "untouched: `up` ends at the store's provisioner, which says how to start with an empty one",
    back: "its old name, or `needs.postgres.renamedFrom`",
  },
  databaseRenamedFrom: {
    what: "a service's database gets another name, with `renamedFrom`",
    says: "provision-postgres",
    data: "the database is renamed with all that is in it; a restore finds the backups of its old name, too",
    back: "the old name, with `renamedFrom` naming the new one",
  },
} as const satisfies Record<string, Change>;

/** Secrets, settings and places. */
export const settingChanges = {
  secretRenamed: {
    what: "a service's secret gets another name",
    says: "secret notes-service-key: no part of the platform needs it",
    data: "the new one has a new value; the old one is held until `./beat secrets forget`",
    back: "the old name: its value is there",
  },
  secretHandedOver: {
    what: "a password is given by `pulumi config set --secret`",
    says: "secret postgres-guest-service: the configuration has it now",
    data: "untouched; the store is told the new password",
    back: "`pulumi config rm`: a new one is made",
  },
  ownSecretHandedOver: {
    what: "a service's own secret is given by `pulumi config set --secret`",
    says: "secret notes-service-key: the configuration has another value",
    data: "the service has the new value",
    back: "`pulumi config rm`: the one that was made is kept until then",
  },
  administratorHandedOver: {
    what: "an administrator's password is given that the store does not have",
    says: "secret postgres-admin: the configuration has another value",
    data: "untouched: `up` ends at the store's provisioner; change it in the store first, then `./beat secrets set`",
    back: "`pulumi config rm`: the one that was made is kept until then",
  },
  memoryChanged: {
    what: "a part gets more memory, or less",
    says: "container guest-service",
    saysOnCluster: "deployment guest-service",
    data: "untouched; it restarts",
    back: "the old number",
  },
  membersOnEngine: {
    what: "members of a store are set on an engine",
    says: "platform:kubernetes",
    data: "untouched: it is refused",
    back: "take the setting out: an engine runs one of each",
  },
  platformRenamed: {
    what: "the platform gets another name",
    says: "give the definition its name back",
    data: "untouched: it is refused",
    back: "the old name",
  },
  targetMoved: {
    what: "the stack is moved from an engine to a cluster",
    says: "was made on a container engine, and its data would not come along to a Kubernetes cluster",
    data: "untouched: it is refused; a move is a backup, another stack and a restore",
    back: "the old target",
  },
} as const satisfies Record<string, Change>;

/** Kinds of stores, and who logs in to them. */
export const storeChanges = {
  storeUnneeded: {
    what: "no service needs a kind of store any more, and the definition keeps it",
    says: "secret mongo-notes-service: no part of the platform needs it any more",
    data: "the store goes on, empty-handed; `./beat logs provision-mongo` says how to drop databases and users",
    back: "let the service need it again: everything is there",
  },
  storeRemoved: {
    what: "a kind of store is taken out, with all that services need of it",
    says: "volume mongo-data: no part of the platform uses it",
    data: "its volumes stay, and so does its administrator's password until `./beat secrets forget`",
    back: "put it in again: everything is there",
  },
  storeAdded: {
    what: "a kind of store is added, or comes back",
    says: "container redis",
    data: "what lies in its volumes is served again",
    back: "take it out",
  },
  storeExternal: {
    what: "a store of an engine is given to somebody else to run",
    says: "platform:external",
    data: "untouched: it is refused; a stack on a cluster may have such stores",
    back: "take the setting out",
  },
  loginRenamed: {
    what: "a service with a MongoDB gets another name, with `renamedFrom`",
    says: "container memos-service",
    data: "its documents stay where they are; its former user can log in no more",
    back: "the old name, with `renamedFrom` naming the new one",
  },
  mongoHandedOver: {
    what: "MongoDB's administrator is given a password that it does not have",
    says: "secret mongo-admin: the configuration has another value",
    data: "untouched: `up` ends at the store's provisioner; change it in the store first, then `./beat secrets set`",
    back: "`pulumi config rm`: the one that was made is kept until then",
  },
} as const satisfies Record<string, Change>;

/** Kafka: its topics and its releases. */
export const kafkaChanges = {
  topicAdded: {
    what: "a topic is added",
    says: "container provision-kafka",
    data: "an empty topic",
    back: "take it out",
  },
  topicRemoved: {
    what: "a topic is taken out",
    says: "container provision-kafka",
    data: "it stays with its records; `./beat logs provision-kafka` says how to drop it",
    back: "put it in again: its records are there",
  },
  topicRenamed: {
    what: "a topic gets another name",
    says: "container provision-kafka",
    data: "a new, empty topic; the old one stays beside it with its records",
    back: "the old name",
  },
  partitionsGrown: {
    what: "a topic gets more partitions",
    says: "container provision-kafka",
    data: "untouched; keys may go to other partitions from now on",
    back: "there is none: partitions cannot be taken away",
  },
  partitionsShrunk: {
    what: "a topic gets fewer partitions",
    says: "Kafka takes none away",
    data: "untouched: it is refused",
    back: "the number that the message names",
  },
  kafkaReleased: {
    what: "Kafka gets its next release, 4.0 to 4.3",
    says: "container kafka-b",
    data: "all records are there; the provisioner makes final what the new release can (`metadata.version`)",
    back: "there is none",
  },
  kafkaReleasedBack: {
    what: "Kafka gets an earlier release, 4.3 to 4.0",
    says: "what version 4.3 wrote is not read by version 4.0, which is older",
    data: "untouched: it is refused",
    back: "the release that it runs",
  },
} as const satisfies Record<string, Change>;

/** What only a cluster has. */
export const clusterChanges = {
  volumeShrunk: {
    what: "a volume's size is made smaller on a cluster",
    says: "a volume never shrinks",
    data: "untouched: it is refused",
    back: "the old size",
  },
  volumeStuck: {
    what: "a volume's size is made larger on a cluster whose StorageClass lets none grow",
    says: "lets no volume grow",
    data: "untouched: it is refused. Where the class allows it the volume grows, and nothing restarts",
    back: "the old size; a volume that has grown keeps its size",
  },
  brokersGrown: {
    what: "one Kafka broker becomes three on a cluster",
    says: "statefulset kafka",
    data: "every topic, also one that nobody declared, gets three copies",
    back: "one broker",
  },
  brokersShrunk: {
    what: "three Kafka brokers become one on a cluster",
    says: "statefulset kafka",
    data: "every copy moves to the broker that stays, then the others go; their claims stay",
    back: "three brokers",
  },
  namespaceMoved: {
    what: "a stack of a cluster is moved to another namespace",
    says: "was made in the namespace",
    data: "untouched: it is refused; a move is a backup, another stack and a restore",
    back: "the old namespace",
  },
} as const satisfies Record<string, Change>;

/** All of them. */
export const changes: Readonly<Record<string, Change>> = {
  ...serviceChanges,
  ...settingChanges,
  ...storeChanges,
  ...kafkaChanges,
  ...clusterChanges,
};
