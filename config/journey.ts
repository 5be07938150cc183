import type { z } from "zod";
import type { journeySchema } from "./define/verify.ts";

/** How somebody signs up, as client apps do it: auth, Kafka, core, Kafka, auth and messaging all have their part in it. */
export const signUpJourney = {
  makes: [
    "an account at auth-service with the address {email}, and its tokens in Redis",
    "its profile at core-service, for a quarter of an hour what both keep of it in Redis until then",
    "its user at messaging-service, and the notification of a welcome where that is the sample",
    "the events of all of them in Kafka, and lines in their logs",
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
      // Only a login tells whether auth has read core's event: until then it may make its profile and nothing else. Its consumer waits
      // up to 10 s for a full kilobyte, on a busy machine several times in a row.
      name: "log in, active",
      service: "auth-service",
      method: "POST",
      path: "/auth/account/token",
      body: { grant_type: "password", email: "{email}", password: "{password}" },
      scopes: { of: "access_token", beyond: ["profile:create"] },
      keeps: { access: "access_token" },
      withinSeconds: 60,
      uses: ["postgres", "redis", "kafka"],
    },
    {
      name: "read one's own account",
      service: "auth-service",
      path: "/auth/account/profiles/me",
      bearer: "access",
      expects: { email: "{email}" },
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
