const MAX_VALUES = 24;
const WORD = /^[a-z0-9][a-z0-9_.-]{0,31}$/;

/** Keeps each label to a few short words, as every other value is a time series for ever. The rest is `other`. */
export function boundedLabel(): (label: string, value: string) => string {
  const known = new Map<string, Set<string>>();
  return (label, value) => {
    const values = known.get(label) ?? new Set();
    known.set(label, values);
    if (values.has(value)) return value;
    if (values.size >= MAX_VALUES || !WORD.test(value)) return 'other';
    values.add(value);
    return value;
  };
}
