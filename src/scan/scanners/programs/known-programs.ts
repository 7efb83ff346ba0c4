import type { ProgramTarget } from '../../../model/scanner-registration.ts';

const COMMON = {
  kind: 'program',
  login: { kind: 'docker-config' },
  goodExitCodes: [],
  maxOutputBytes: 256 << 20,
} as const;

/** Programs that need no description, by the name of their command. */
export const KNOWN_PROGRAMS: ReadonlyMap<string, ProgramTarget> = new Map(
  Object.entries({
    trivy: {
      ...COMMON,
      command: 'trivy',
      vendor: 'Aqua Security',
      versionArguments: ['version', '--format', 'json'],
      environment: { TRIVY_NO_PROGRESS: 'true', TRIVY_DISABLE_VEX_NOTICE: 'true' },
      plainHttpEnvironment: { TRIVY_INSECURE: 'true' },
      scans: [
        {
          type: 'vulnerability',
          output: 'trivy-json',
          arguments: [
            'image',
            '--image-src',
            'remote',
            '--scanners',
            'vuln',
            '--format',
            'json',
            '{reference}',
          ],
          layoutArguments: ['image', '--scanners', 'vuln', '--format', 'json', '--input', '{layout}'],
        },
        {
          type: 'sbom',
          output: 'cyclonedx-json',
          arguments: ['image', '--image-src', 'remote', '--format', 'cyclonedx', '{reference}'],
          layoutArguments: ['image', '--format', 'cyclonedx', '--input', '{layout}'],
        },
        {
          type: 'sbom',
          output: 'spdx-json',
          arguments: ['image', '--image-src', 'remote', '--format', 'spdx-json', '{reference}'],
          layoutArguments: ['image', '--format', 'spdx-json', '--input', '{layout}'],
        },
      ],
    },
    grype: {
      ...COMMON,
      command: 'grype',
      vendor: 'Anchore',
      versionArguments: ['version', '-o', 'json'],
      environment: { GRYPE_CHECK_FOR_APP_UPDATE: 'false' },
      plainHttpEnvironment: { GRYPE_REGISTRY_INSECURE_USE_HTTP: 'true' },
      scans: [
        {
          type: 'vulnerability',
          output: 'grype-json',
          arguments: ['--quiet', '-o', 'json', 'registry:{reference}'],
          layoutArguments: ['--quiet', '-o', 'json', 'oci-dir:{layout}'],
        },
      ],
    },
    syft: {
      ...COMMON,
      command: 'syft',
      vendor: 'Anchore',
      versionArguments: ['version', '-o', 'json'],
      environment: { SYFT_CHECK_FOR_APP_UPDATE: 'false' },
      plainHttpEnvironment: { SYFT_REGISTRY_INSECURE_USE_HTTP: 'true' },
      scans: [
        {
          type: 'sbom',
          output: 'spdx-json',
          arguments: ['scan', '--quiet', '-o', 'spdx-json', 'registry:{reference}'],
          layoutArguments: ['scan', '--quiet', '-o', 'spdx-json', 'oci-dir:{layout}'],
        },
        {
          type: 'sbom',
          output: 'cyclonedx-json',
          arguments: ['scan', '--quiet', '-o', 'cyclonedx-json', 'registry:{reference}'],
          layoutArguments: ['scan', '--quiet', '-o', 'cyclonedx-json', 'oci-dir:{layout}'],
        },
      ],
    },
  } satisfies Record<string, ProgramTarget>),
);
