import { execa } from "execa";

/** What the image of messaging stands on: it brings the wget that its probe asks with. */
export const alpine = "node:24-alpine";

const tool = process.env.CONTAINER_TOOL ?? "docker";

/** Builds an image on the engine from a Dockerfile that copies from other images alone. */
export async function buildImage(reference: string, dockerfile: string): Promise<void> {
  await execa(tool, ["build", "-q", "-t", reference, "-"], {
    input: dockerfile,
    env: { DOCKER_BUILDKIT: "0" },
  });
}

/** @param base has what the service's probe needs: bash for core, wget for messaging. */
const sampleOf = (prefix: string, base: string): readonly string[] => [
  `FROM localhost/${prefix}-sample:latest AS sample`,
  `FROM ${base}`,
  "WORKDIR /app",
  "COPY --from=sample --chown=1000:1000 /app /app",
  "USER 1000:1000",
];

/** The sample as core, as an image that somebody built; another version is another image. */
export const imageOfVersion = (prefix: string, version: string): string =>
  [
    ...sampleOf(prefix, "node:24-bookworm-slim"),
    `LABEL version=${version}`,
    'CMD ["node", "/app/sample.mjs", "core"]',
  ].join("\n");

/** The sample as messaging, with everything that a container inherits from an image; the start period of a check among it. */
export const inheritingImage = (prefix: string): string =>
  [
    ...sampleOf(prefix, alpine),
    "ENV FROM_IMAGE=yes LANG=C.UTF-8",
    "LABEL org.example.case=inherits",
    "EXPOSE 4000/tcp 4001/udp",
    "VOLUME /srv/data",
    "STOPSIGNAL SIGINT",
    "HEALTHCHECK --interval=30s --timeout=3s --start-period=40s --retries=5 CMD exit 1",
    'ENTRYPOINT ["node"]',
    'CMD ["/app/sample.mjs", "messaging"]',
  ].join("\n");
