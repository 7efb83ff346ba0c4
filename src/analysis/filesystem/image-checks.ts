import type { MisconfigurationFinding } from '../../model/finding.ts';

/** What is said of an image's configuration, but for what was found in it. */
export type ImageCheck = Omit<MisconfigurationFinding, 'kind' | 'message' | 'subject' | 'path' | 'layer'>;

const CWE = 'https://cwe.mitre.org/data/definitions/';
const PRACTICES = 'https://docs.docker.com/build/building/best-practices/';
const DOCKERFILE = 'https://docs.docker.com/reference/dockerfile/';

export const RUNS_AS_ROOT: ImageCheck = {
  ruleId: 'DD-IMG-0001',
  title: 'Runs as root',
  description: 'A process of the superuser that breaks out of the container is superuser of the host.',
  severity: 'HIGH',
  resolution: 'Make a user for the program and name it with USER.',
  references: [`${PRACTICES}#user`, `${CWE}250.html`],
};
export const NO_HEALTHCHECK: ImageCheck = {
  ruleId: 'DD-IMG-0002',
  title: 'No health check',
  description: 'Without a check it is not seen when the program hangs. Kubernetes has probes of its own.',
  severity: 'LOW',
  resolution: 'Add a HEALTHCHECK, or probes where the image is deployed.',
  references: [`${DOCKERFILE}#healthcheck`],
};
export const SSH_EXPOSED: ImageCheck = {
  ruleId: 'DD-IMG-0003',
  title: 'SSH port is exposed',
  description: 'A login into a container passes by the access control and the log of the platform.',
  severity: 'MEDIUM',
  resolution: 'Leave the SSH server out; use exec of the container platform.',
  references: [`${CWE}284.html`],
};
export const PRIVILEGED_PORT: ImageCheck = {
  ruleId: 'DD-IMG-0004',
  title: 'Privileged port is exposed',
  description: 'Ports below 1024 need rights beyond those of a plain user in many environments.',
  severity: 'LOW',
  resolution: 'Listen on a port from 1024 on.',
  references: [`${DOCKERFILE}#expose`],
};
export const SECRET_IN_ENVIRONMENT: ImageCheck = {
  ruleId: 'DD-IMG-0005',
  title: 'Secret in an environment variable',
  description: 'Whoever can pull the image can read its variables.',
  severity: 'HIGH',
  resolution:
    'Give secrets to the container when it is started, or to the build with RUN --mount=type=secret.',
  references: [`${CWE}526.html`],
};
export const ADDS_REMOTE_FILE: ImageCheck = {
  ruleId: 'DD-IMG-0006',
  title: 'File added from an address',
  description: 'What the address holds is not checked, and may be another thing at the next build.',
  severity: 'MEDIUM',
  resolution: 'Use ADD --checksum, or download, verify and unpack in one RUN.',
  references: [`${DOCKERFILE}#add---checksum`, `${CWE}494.html`],
};
export const PIPES_TO_SHELL: ImageCheck = {
  ruleId: 'DD-IMG-0007',
  title: 'Download run by a shell',
  description: 'Whoever controls the address runs commands in the build.',
  severity: 'MEDIUM',
  resolution: 'Download the script, compare its digest, then run it.',
  references: [`${CWE}494.html`],
};
export const USES_SUDO: ImageCheck = {
  ruleId: 'DD-IMG-0008',
  title: 'sudo in the build',
  description: 'Builds have the rights already; sudo stays in the image for others to use.',
  severity: 'LOW',
  resolution: 'Change the user with USER, or use setpriv or gosu.',
  references: [`${PRACTICES}#user`],
};
export const KEEPS_PACKAGE_LISTS: ImageCheck = {
  ruleId: 'DD-IMG-0009',
  title: 'Package lists are kept',
  description: 'Indexes that a later step removes stay in the layer of this one.',
  severity: 'LOW',
  resolution: 'End the RUN with rm -rf /var/lib/apt/lists/*, or mount the cache.',
  references: [`${PRACTICES}#apt-get`],
};
export const INSTALLS_RECOMMENDED: ImageCheck = {
  ruleId: 'DD-IMG-0010',
  title: 'Recommended packages are installed',
  description: 'Packages that nobody asked for make the image larger and bring vulnerabilities of their own.',
  severity: 'LOW',
  resolution: 'Add --no-install-recommends.',
  references: [`${PRACTICES}#apt-get`],
};
export const SKIPS_VERIFICATION: ImageCheck = {
  ruleId: 'DD-IMG-0011',
  title: 'Verification is turned off in the build',
  description: 'What is downloaded may come from anybody on the way.',
  severity: 'MEDIUM',
  resolution: 'Install the certificates or keys that are missing, and verify.',
  references: [`${CWE}295.html`, `${CWE}347.html`],
};
export const FLOATING_BASE: ImageCheck = {
  ruleId: 'DD-IMG-0012',
  title: 'Base image without a fixed version',
  description: 'The same Dockerfile gives another image when the tag is moved.',
  severity: 'LOW',
  resolution: 'Name the base image with a version, best with its digest.',
  references: [`${PRACTICES}#pin-base-image-versions`],
};
export const MAINTAINER: ImageCheck = {
  ruleId: 'DD-IMG-0013',
  title: 'MAINTAINER is deprecated',
  description: 'Labels say the same in a form that programs read.',
  severity: 'LOW',
  resolution: 'Use LABEL org.opencontainers.image.authors.',
  references: [`${DOCKERFILE}#maintainer-deprecated`],
};
export const OPENS_PERMISSIONS: ImageCheck = {
  ruleId: 'DD-IMG-0014',
  title: 'Everybody may write',
  description: 'A command of the build gives everybody the right to write.',
  severity: 'MEDIUM',
  resolution: 'Give the right to the user that needs it, with chown and a narrower mode.',
  references: [`${CWE}732.html`],
};
