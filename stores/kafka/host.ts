/** The host name by which containers bootstrap: the services' own configuration has it. */
export const kafkaHost = "kafka-b";
