import { build } from "esbuild";

/**
 * esbuild is a Go program, and its garbage collector takes two fifths of a bundle's time. Below this limit it stays off.
 */
const collector = { GOGC: "off", GOMEMLIMIT: "512MiB" };

/** Begins a build; esbuild's process takes its environment from ours when the first one starts it. */
function withoutCollector<T>(begin: () => T): T {
  const before = process.env;
  process.env = { ...before, ...collector };
  try {
    return begin();
  } finally {
    process.env = before;
  }
}

/**
 * Bundles a program into one ES module with the same bytes for the same source: no absolute paths, no time stamps.
 * @param entry source file.
 * @param root directory that paths inside the bundle are relative to.
 * @param target the oldest Node that can read it.
 * @throws when the source does not compile; esbuild's message names file and line.
 */
export async function bundle(entry: string, root: string, target = "node22"): Promise<Uint8Array> {
  const { outputFiles } = await withoutCollector(() =>
    build({
      entryPoints: [entry],
      write: false,
      absWorkingDir: root,
      bundle: true,
      platform: "node",
      target,
      format: "esm",
      minifyWhitespace: true,
      minifySyntax: true,
      // Node shows the line that threw, and all of a program would hide why it ended.
      lineLimit: 200,
      legalComments: "none",
      logLevel: "silent",
      // Its main file reads a .wasm beside itself; this one carries it.
      alias: { "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled" },
      // CommonJS dependencies call require() at run time.
      banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
      external: [
        "pg-native",
        "mongodb-client-encryption",
        "kerberos",
        "snappy",
        "@mongodb-js/zstd",
        "aws4",
        "socks",
        "gcp-metadata",
        "@aws-sdk/credential-providers",
        "bufferutil",
        "utf-8-validate",
      ],
    }),
  );
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild wrote nothing for ${entry}`);
  return file.contents;
}

/**
 * The gateway as one file that needs nothing beside it. A Node that is too old for it can read it, and so gets as far as
 * to say that. Throws as {@link bundle} does.
 */
export const bundleGateway = (root: string): Promise<Uint8Array> =>
  bundle("gateway/src/main.ts", root, "node18");
