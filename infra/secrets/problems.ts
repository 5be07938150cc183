import { suppliedSecrets } from "../../config/environment.ts";
import type { Settings } from "../../config/settings/schema.ts";
import { configRemoveCommand } from "../../core/config-commands.ts";
import { signingKeyName } from "../../core/names.ts";
import type { Problem } from "../../core/problems.ts";
import { validatePrivateKey } from "./values.ts";

/** The path of a secret in the stack's configuration, as `pulumi config set --path` takes it. */
export const settingOf = (secret: string): string =>
  secret === signingKeyName ? "platform:signingKey" : `platform:secrets.${secret}`;

/** The secrets that nobody has given: passwords by name, then the signing key. */
export function missingSecrets(names: readonly string[], settings: Settings): string[] {
  const missing = names.filter((secret) => settings.secrets[secret] === undefined);
  return settings.signingKey === undefined ? [...missing, signingKeyName] : missing;
}

/** Why a missing secret cannot be made here. */
export const chosenElsewhere = "is missing, and was chosen outside of the platform";
/** The command by which a secret that was chosen elsewhere is given; it reads the value from standard input. */
export const giveCommand = (secret: string, stack: string): string =>
  `./beat secrets set ${secret} --stack ${stack}  (reads the value from standard input)`;
/** The command by which a secret is replaced by a new value. */
export const rotateCommand = (secret: string, stack: string): string =>
  `./beat secrets rotate ${secret} --stack ${stack}`;

/**
 * What is wrong with a stack's secrets: names that no part has, a key that cannot sign, each that is missing and was
 * chosen elsewhere, and, where none are made by themselves, each that is missing.
 */
export function secretProblems(names: readonly string[], settings: Settings, stack: string): Problem[] {
  const fault = settings.signingKey === undefined ? undefined : validatePrivateKey(settings.signingKey);
  return [
    ...Object.keys(settings.secrets)
      .filter((secret) => !names.includes(secret))
      .map((secret) => ({
        path: settingOf(secret),
        message: "no part of the platform has such a secret",
        fix: `${configRemoveCommand(["platform:secrets", secret])} --stack ${stack}; known: ${names.join(", ")}`,
      })),
    ...(fault === undefined
      ? []
      : [
          {
            path: settingOf(signingKeyName),
            message: fault,
            fix: rotateCommand(signingKeyName, stack),
          },
        ]),
    ...missingSecrets(names, settings).flatMap((secret) => {
      const path = settingOf(secret);
      if (suppliedSecrets(settings).includes(secret))
        return [{ path, message: chosenElsewhere, fix: giveCommand(secret, stack) }];
      return settings.generateSecrets
        ? []
        : [
            {
              path,
              message: "is missing, and platform:generateSecrets is false",
              fix: `./beat secrets make --stack ${stack}`,
            },
          ];
    }),
  ];
}
