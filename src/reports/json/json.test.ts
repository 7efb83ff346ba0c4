import { expect, test } from 'vitest';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import { jsonFormat } from './json.ts';

test('the JSON report is this text, byte for byte', () => {
  const { findings, ...report } = sampleReport();
  const text = [
    ...jsonFormat.encode({ ...report, findings: findings.slice(0, 1) }, { listAllPkgs: 'true' }),
  ].join('');
  expect(text.replace(/"ReportID": "[0-9a-f-]{36}"/, '"ReportID": "…"')).toMatchInlineSnapshot(`
    "{
      "SchemaVersion": 2,
      "Trivy": {
        "Version": "drydock/0.0.0"
      },
      "ReportID": "…",
      "CreatedAt": "2026-06-01T00:00:00.000Z",
      "ArtifactID": "sha256:d1204f8fec90f461cc6b2703d632cdfb0a5e79ffa89ad84c0abce0201c761221",
      "ArtifactName": "example.org/app:1",
      "ArtifactType": "container_image",
      "Metadata": {
        "Size": 2048,
        "OS": {
          "Family": "debian",
          "Name": "12.4"
        },
        "ImageID": "sha256:b79606fb3afea5bd1609ed40b622142f1c98125abcfe89a76a661b0e8e343910",
        "DiffIDs": [
          "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
        ],
        "RepoTags": [
          "example.org/app:1"
        ],
        "RepoDigests": [
          "example.org/app@sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"
        ],
        "Reference": "example.org/app:1",
        "ImageConfig": {
          "architecture": "amd64",
          "history": [
            {
              "created_by": "COPY a \\u0026\\u0026 b"
            }
          ],
          "os": "linux",
          "rootfs": {
            "type": "layers",
            "diff_ids": [
              "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
            ]
          },
          "config": {
            "Cmd": [
              "sh"
            ]
          }
        },
        "Layers": [
          {
            "Size": 2048,
            "Digest": "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
            "DiffID": "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
          }
        ]
      },
      "Results": [
        {
          "Target": "example.org/app:1 (debian 12.4)",
          "Class": "os-pkgs",
          "Type": "debian",
          "Packages": [
            {
              "ID": "libssl3@1:3.0.1-1+deb12u1",
              "Name": "libssl3",
              "Identifier": {
                "PURL": "pkg:deb/debian/libssl3@3.0.1-1%2Bdeb12u1?arch=amd64\\u0026distro=debian-12.4\\u0026epoch=1",
                "UID": "f0bd289a34ffba4e"
              },
              "Version": "3.0.1",
              "Release": "1+deb12u1",
              "Epoch": 1,
              "Arch": "amd64",
              "SrcName": "openssl",
              "SrcVersion": "3.0.1",
              "SrcRelease": "1+deb12u1",
              "Maintainer": "Somebody \\u003ca\\u0026b@example.org\\u003e",
              "Layer": {
                "Digest": "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
                "DiffID": "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
              }
            },
            {
              "ID": "openssl@3.0.1-1+deb12u1",
              "Name": "openssl",
              "Identifier": {
                "PURL": "pkg:deb/debian/openssl@3.0.1-1%2Bdeb12u1?arch=amd64\\u0026distro=debian-12.4",
                "UID": "10b274aeb15cb84f"
              },
              "Version": "3.0.1",
              "Release": "1+deb12u1",
              "Arch": "amd64",
              "SrcName": "openssl",
              "SrcVersion": "3.0.1",
              "SrcRelease": "1+deb12u1",
              "Maintainer": "Somebody \\u003ca\\u0026b@example.org\\u003e",
              "DependsOn": [
                "libssl3@1:3.0.1-1+deb12u1"
              ],
              "Layer": {
                "Digest": "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
                "DiffID": "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
              }
            }
          ],
          "Vulnerabilities": [
            {
              "VulnerabilityID": "CVE-2026-0001",
              "PkgID": "libssl3@1:3.0.1-1+deb12u1",
              "PkgName": "libssl3",
              "PkgIdentifier": {
                "PURL": "pkg:deb/debian/libssl3@3.0.1-1%2Bdeb12u1?arch=amd64\\u0026distro=debian-12.4\\u0026epoch=1",
                "UID": "f0bd289a34ffba4e"
              },
              "InstalledVersion": "1:3.0.1-1+deb12u1",
              "FixedVersion": "1:3.0.1-1+deb12u2",
              "Status": "fixed",
              "Layer": {
                "Digest": "sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85",
                "DiffID": "sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb"
              },
              "SeveritySource": "debian",
              "PrimaryURL": "https://example.org/CVE-2026-0001",
              "DataSource": {
                "ID": "debian",
                "Name": "Debian Security Tracker",
                "URL": "https://example.org"
              },
              "Fingerprint": "sha256:98040a8160cfe0c36a59f6c15e83b11b68f35cc1219e3a0edde109735de0bb11",
              "Title": "buffer overflow in \\u003cparser\\u003e",
              "Description": "A long text.",
              "Severity": "CRITICAL",
              "CweIDs": [
                "CWE-120"
              ],
              "VendorSeverity": {
                "debian": 4,
                "nvd": 3
              },
              "CVSS": {
                "nvd": {
                  "V3Vector": "CVSS:3.1/AV:N",
                  "V3Score": 9.8
                }
              },
              "References": [
                "https://example.org/a?b\\u0026c"
              ],
              "PublishedDate": "2026-01-01T00:00:00Z"
            }
          ]
        }
      ],
      "Drydock": {
        "Version": "drydock/0.0.0",
        "Digest": "sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f",
        "Databases": [
          {
            "Source": "trivy-db",
            "Digest": "sha256:7bdc25d1694ef984782a16f6f1710c1c6bc83ba7a131b515baf532bea021d011",
            "BuiltAt": "2026-05-31T06:00:00Z"
          }
        ],
        "EndOfLife": false,
        "Diagnostics": [
          {
            "Code": "FILE_TOO_LARGE",
            "By": "dpkg-status",
            "Path": "var/lib/x",
            "Message": "too large"
          }
        ]
      }
    }
    "
  `);
});
