/** Port of the gateway's metrics; never part of what is exposed. */
export const metricsPort = 9464;
/** Port of what watches a service's consumer, in the service's own pod on a cluster. */
export const watchPort = 9465;
/** Port of what tells of an engine's backups. */
export const backupMetricsPort = 9466;
