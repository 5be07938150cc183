/**
 * The host name by which containers bootstrap: the services' own configuration has it. On a cluster it is the name of a Service; the
 * StatefulSet and its pods are called after the kind, `kafka`. Listeners are made in `brokerEnv` of `workload.ts`.
 */
export const kafkaHost = "kafka-b";
