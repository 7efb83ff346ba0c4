import type { Emulation } from '../script-rule.ts';

/** What happens to what other packages make of files that come and go. */
export interface TriggerRule {
  /** A name, or a path with all below it. */
  readonly trigger: string;
  /** `ignore`: what is made of them stays readable, or is never there. `refuse`: it would be wrong. */
  readonly effect: 'ignore' | 'refuse' | Emulation;
  readonly reason: string;
}

export const TRIGGERS: readonly TriggerRule[] = [
  { trigger: 'ldconfig', effect: 'linker-cache', reason: 'cache of the dynamic linker' },
  { trigger: 'update-ca-certificates', effect: 'ca-store', reason: 'trusted authorities' },
  { trigger: 'update-ca-certificates-fresh', effect: 'ca-store', reason: 'trusted authorities' },
  { trigger: 'nginx-reload', effect: 'ignore', reason: 'no service runs' },
  { trigger: '/usr/share/man', effect: 'ignore', reason: 'index of manual pages, made anew when asked for' },
  { trigger: '/usr/share/doc', effect: 'ignore', reason: 'index of documentation' },
  { trigger: '/usr/share/doc-base', effect: 'ignore', reason: 'index of documentation' },
  { trigger: '/usr/share/info', effect: 'ignore', reason: 'index of documentation' },
  { trigger: '/usr/share/applications', effect: 'ignore', reason: 'cache of desktop files' },
  {
    trigger: '/usr/share/icons/hicolor',
    effect: 'ignore',
    reason: 'cache of icons, older ones are read past it',
  },
  { trigger: '/usr/share/fonts', effect: 'ignore', reason: 'cache of fonts, checked by time when read' },
  { trigger: '/usr/share/bash-completion', effect: 'ignore', reason: 'read by interactive shells' },
  { trigger: '/etc/init.d', effect: 'ignore', reason: 'services are not started by init here' },
  { trigger: '/lib/systemd/system', effect: 'ignore', reason: 'no service manager runs' },
  { trigger: '/usr/lib/systemd/system', effect: 'ignore', reason: 'no service manager runs' },
  { trigger: '/usr/share/debianutils/shells.d', effect: 'refuse', reason: 'list of shells' },
  { trigger: '/usr/share/mime/packages', effect: 'refuse', reason: 'database of file types' },
  { trigger: '/usr/share/glib-2.0/schemas', effect: 'refuse', reason: 'compiled schemas' },
];
