import type { z } from "zod";
import type { journeySchema } from "./define/verify.ts";

/** How somebody signs up, as client apps do it: auth, Kafka, core, Kafka, auth and messaging all have their part in it. */
export const signUpJourney = {
  makes: [
    "an account at auth-service with the address {email}, and its tokens in Redis",
    "its profile at core-service, and whatever messaging-service makes of it",
    "the events of both in Kafka",
  ],
  steps: [
    {
      name: "sign up",
      service: "auth-service",
      method: "POST",
      path: "/auth/account/sign-up",
      body: { email: "{email}", password: "{password}", role: "client" },
      status: 201,
      keeps: { access: "access_token" },
      uses: ["postgres", "redis", "kafka"],
    },
    {
      // Core answers once it has read the event of the sign-up.
      name: "make a profile",
      service: "core-service",
      method: "POST",
      path: "/core/profiles/client",
      bearer: "access",
      body: { display_name: "beat verify" },
      status: 201,
      withinSeconds: 30,
      uses: ["postgres", "redis", "kafka"],
    },
    {
      // Auth has read core's event; its consumer waits up to 10 s for more.
      name: "become active",
      service: "auth-service",
      path: "/auth/account/profiles/me",
      bearer: "access",
      expects: { is_active: true },
      withinSeconds: 30,
      uses: ["postgres", "redis", "kafka"],
    },
    {
      name: "log in",
      service: "auth-service",
      method: "POST",
      path: "/auth/account/token",
      body: { grant_type: "password", email: "{email}", password: "{password}" },
      keeps: { access: "access_token" },
      uses: ["postgres", "redis"],
    },
    {
      name: "list notifications",
      service: "messaging-service",
      path: "/messaging/notifications",
      bearer: "access",
      uses: ["mongo"],
    },
  ],
  leaves: "no service has a way to delete an account: they stay",
  token: "access",
} as const satisfies z.input<typeof journeySchema>;
