import { RegistrationRefused, type RefusalReason } from '../../scan/scanners/registration-refused.ts';
import { HarborRefusal } from '../harbor/refusal.ts';

const STATUS: Readonly<Record<RefusalReason, number>> = {
  invalid: 422,
  duplicate: 409,
  unknown: 404,
  fixed: 409,
  busy: 409,
  unreachable: 502,
  'no-scanner': 422,
  forbidden: 422,
};

const HINTS: Readonly<Partial<Record<RefusalReason, string>>> = {
  busy: 'With ?drain=true it gets no new ones, and vanishes with the last.',
  unreachable: 'With ?force=true it is registered all the same.',
  'no-scanner': 'With ?force=true it is registered all the same.',
  forbidden: 'Whoever runs this server can allow it with --allow-scanner.',
};

/** What is done at the door, with its refusals in the protocol's words. */
export async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof RegistrationRefused)) throw error;
    const { reason, message } = error;
    const code = `REGISTRATION_${reason.toUpperCase().replace('-', '_')}`;
    throw new HarborRefusal(STATUS[reason], message, { code, hint: HINTS[reason] });
  }
}
