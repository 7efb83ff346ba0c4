import { cosignVulnFormat } from './cosign-vuln/cosign-vuln.ts';
import { csvFormat } from './csv/csv.ts';
import { cyclonedxFormat } from './cyclonedx/cyclonedx.ts';
import type { ReportFormat } from './format.ts';
import { githubFormat } from './github/github.ts';
import { gitlabCodeQualityFormat } from './gitlab/code-quality.ts';
import { gitlabFormat } from './gitlab/gitlab.ts';
import { htmlFormat } from './html/html.ts';
import { junitFormat } from './junit/junit.ts';
import { markdownFormat } from './markdown/markdown.ts';
import { openvexFormat } from './openvex/openvex.ts';
import { sarifFormat } from './sarif/sarif.ts';
import { spdxJsonFormat } from './spdx/spdx-json.ts';
import { spdxFormat } from './spdx/spdx.ts';
import { templateFormat } from './template/template.ts';

/** All but table and JSON. */
export const otherFormats: readonly ReportFormat[] = [
  sarifFormat,
  cyclonedxFormat,
  spdxJsonFormat,
  spdxFormat,
  htmlFormat,
  markdownFormat,
  junitFormat,
  gitlabFormat,
  gitlabCodeQualityFormat,
  githubFormat,
  cosignVulnFormat,
  csvFormat,
  openvexFormat,
  templateFormat,
];
