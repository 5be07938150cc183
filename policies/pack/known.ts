import { UnknownValueError } from "@pulumi/policy";
import { unknownValue } from "../rule.ts";

/**
 * A plain copy of a resource's properties. What a preview cannot know yet, where the policy SDK throws on reading,
 * becomes {@link unknownValue}: otherwise one unknown image would switch a rule off for every resource.
 */
export function known(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(from: object, key: PropertyKey): unknown {
  try {
    return known((from as Record<PropertyKey, unknown>)[key]);
  } catch (error) {
    if (error instanceof UnknownValueError) return unknownValue;
    throw error;
  }
}
