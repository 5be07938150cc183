export { type Registered, register } from "../../infra/graph/register.ts";
