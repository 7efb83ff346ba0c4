import { DrydockError } from '../../base/errors.ts';
import type { ReportFormat } from '../format.ts';
import { parseTemplate } from './parse-template.ts';
import { renderTemplate } from './render.ts';
import { templateData } from './template-data.ts';

/**
 * A report in whatever form a template gives it.
 *
 * Parameters: `template` (its text), `templateName` (what errors call it).
 *
 * @throws DrydockError USAGE_INVALID without a template, TEMPLATE_INVALID, TEMPLATE_LIMIT
 */
export const templateFormat: ReportFormat = {
  id: 'template',
  mediaType: 'text/plain; charset=utf-8',
  *encode(report, parameters) {
    const { template, templateName = 'template' } = parameters;
    if (template === undefined)
      throw new DrydockError('USAGE_INVALID', 'the format "template" needs a template', {
        hint: 'Name its file with --template FILE.',
      });
    yield* renderTemplate(parseTemplate(template, templateName), templateData(report));
  },
};
