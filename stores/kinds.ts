// Every kind of store that a platform can have: one folder, and one line here.
export { kafka } from "./kafka/store.ts";
export { mongo } from "./mongo/store.ts";
export { postgres } from "./postgres/store.ts";
export { redis } from "./redis/store.ts";
