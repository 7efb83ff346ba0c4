import type { FastifyInstance } from 'fastify';
import type { ScanRecord, ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { SCAN_RESPONSE_TYPE } from './media-types.ts';
import { DEFAULT_WAIT_MS, type HarborParts } from './parts.ts';
import { parseAskedScan, readJson } from './scan-request.ts';
import { errors, scanRequestBody, scanResponse } from './schemas.ts';
import { soon } from './soon.ts';

/** `POST /scan`: accepted means kept, whatever happens to this process. */
export function scanRoute(app: FastifyInstance, parts: HarborParts): void {
  app.post('/scan', {
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scanner'],
      summary: 'Ask for a scan of an artifact',
      description: 'Every report can be fetched by the id, whichever were asked for.',
      body: scanRequestBody,
      response: { 202: scanResponse, ...errors(400, 401, 403, 413, 415, 422, 429, 503) },
    },
    handler: async ({ headers, body, caller }, reply) => {
      const asked = parseAskedScan(readJson(headers['content-type'], body));
      const { image, plainHttp, manifestType, credential } = asked;
      const { id } = await accepted(
        {
          image,
          priority: 'interactive',
          source: 'harbor',
          requestedBy: caller.name,
          ...(plainHttp && { plainHttp }),
          ...(manifestType !== undefined && { manifestType }),
        },
        credential,
        parts,
      );
      return reply
        .code(202)
        .header('content-type', SCAN_RESPONSE_TYPE)
        .send(Buffer.from(JSON.stringify({ id })));
    },
  });
}

async function accepted(
  request: ScanRequest,
  credential: RegistryCredential | undefined,
  { requests, waitMs = DEFAULT_WAIT_MS }: HarborParts,
): Promise<ScanRecord> {
  const submitted = requests.submit(request, credential);
  try {
    return await soon(submitted, waitMs);
  } catch (error) {
    // Whoever was told that it was not accepted will never ask for it.
    submitted.then(({ id }) => requests.cancel(id)).catch(() => undefined);
    throw error;
  }
}
