/** Rules that code decides, not expressions: what is wrong with a request as such, and who sends it. `request-checks.ts` and `inspection.ts` raise them by these numbers. */
import { IN_USER_AGENT, rule, type WafRule } from '../rule.ts';

export const METHOD = 2000;
export const CONTENT_TYPE = 2001;
export const CHARSET = 2002;
export const NUL_BYTE = 2003;
export const OVERLONG = 2004;
export const MANY_PARAMETERS = 2005;
export const MANY_RANGES = 2006;
export const OVERRIDE = 2007;
export const TOO_COSTLY = 2008;
export const BAD_BODY = 2009;
export const ESCAPED_AGAIN = 2020;
export const WIDE = 2021;
export const BODY_OF_GET = 2022;
export const NO_USER_AGENT = 2023;
export const NUMERIC_HOST = 2024;
export const METHOD_OVERRIDE = 2025;
export const BAD_ESCAPE = 2030;
export const BAD_UTF8 = 2031;
export const NO_ACCEPT = 2032;
export const SESSION_ID = 4301;

const raised = (given: Omit<Parameters<typeof rule>[0], 'category'>): WafRule => rule({ category: 'protocol', ...given });

export const RAISED_RULES: readonly WafRule[] = [
  raised({ id: METHOD, description: 'A method that is not allowed here' }),
  raised({ id: CONTENT_TYPE, description: 'A type of content that is not allowed here' }),
  raised({ id: CHARSET, description: 'Content in a character set that would hide it' }),
  raised({ id: NUL_BYTE, description: 'A NUL' }),
  raised({ id: OVERLONG, description: 'UTF-8 that is longer than it has to be' }),
  raised({ id: MANY_PARAMETERS, description: 'More parameters, members or parts than are looked at' }),
  raised({ id: MANY_RANGES, severity: 'error', description: 'More ranges than a client has use for' }),
  raised({ id: OVERRIDE, description: 'A field by which some servers change path or proxy' }),
  raised({ id: TOO_COSTLY, description: 'It would take too long to look at all of it' }),
  raised({ id: BAD_BODY, description: 'A multipart body that cannot be taken apart' }),
  raised({ id: ESCAPED_AGAIN, paranoia: 2, severity: 'warning', description: 'Escapes within escapes' }),
  raised({ id: WIDE, paranoia: 2, severity: 'error', description: 'Full-width ASCII' }),
  raised({ id: BODY_OF_GET, paranoia: 2, severity: 'warning', description: 'GET or HEAD with content' }),
  raised({ id: NO_USER_AGENT, paranoia: 2, severity: 'notice', description: 'No User-Agent' }),
  raised({ id: NUMERIC_HOST, paranoia: 2, severity: 'warning', description: 'Host is an address' }),
  raised({ id: METHOD_OVERRIDE, paranoia: 2, severity: 'error', description: 'Another method in a header field' }),
  raised({ id: BAD_ESCAPE, paranoia: 3, severity: 'warning', description: 'A percent sign without two digits' }),
  raised({ id: BAD_UTF8, paranoia: 3, severity: 'warning', description: 'Bytes that are not UTF-8' }),
  raised({ id: NO_ACCEPT, paranoia: 3, severity: 'notice', description: 'No Accept' }),
  rule({ id: SESSION_ID, category: 'session', description: 'A session by parameter, from a page elsewhere' }),
  rule({
    id: 1300,
    category: 'scanner',
    targets: IN_USER_AGENT,
    description: 'A program that looks for holes',
    words: [
      'sqlmap',
      'nikto',
      'nessus',
      'acunetix',
      'nmap',
      'masscan',
      'zgrab',
      'dirbuster',
      'gobuster',
      'feroxbuster',
      'wpscan',
      'nuclei',
      'w3af',
      'arachni',
      'havij',
      'openvas',
      'netsparker',
      'invicti',
      'burp',
      'zmeu',
      'whatweb',
      'ffuf',
      'fuzz',
      'wfuzz',
      'dirsearch',
      'hydra',
      'commix',
      'fimap',
      'xsser',
      'joomscan',
      'jorgee',
      'morfeus',
      'grendel',
      'n-stealth',
      'paros',
      'pangolin',
      'skipfish',
      'vega',
      'webinspect',
      'websitepark',
      'wapiti',
      'appscan',
      'absinthe',
      'brutus',
      'bsqlbf',
      'core-project',
      'dav.pm',
      'datacha0s',
      'detectify',
      'dotdotpwn',
      'jaeles',
      'metasploit',
      'muieblackcat',
      'qualys',
      'rustbuster',
      'sqlninja',
      'struts-pwn',
      'l9explore',
      'leakix',
      'interactsh',
      'xsstrike',
      'dalfox',
      'httpx -',
      'cgichk',
      'webshag',
      'webvulnscan',
      'whcc',
      'zap/',
    ],
    pattern:
      'sqlmap|nikto|nessus|acunetix|nmap scripting|\\bnmap\\b|masscan|zgrab|dirbuster|gobuster|feroxbuster|wpscan|\\bnuclei\\b|w3af|arachni|\\bhavij\\b|openvas|netsparker|invicti|\\bburp(?:suite|collaborator)|zmeu|whatweb|\\bffuf\\b|fuzz faster|\\bwfuzz|dirsearch|\\bhydra\\b|\\bcommix\\b|\\bfimap\\b|\\bxsser\\b|joomscan|jorgee|morfeus|grendel-scan|n-stealth|\\bparos\\b|pangolin|skipfish|\\bvega/|webinspect|wapiti|appscan|absinthe|\\bbrutus/|bsqlbf|core-project/|datacha0s|detectify|dotdotpwn|jaeles|metasploit|muieblackcat|\\bqualys|rustbuster|sqlninja|struts-pwn|l9explore|leakix|interactsh|xsstrike|dalfox|webshag|\\bzap/',
    matches: [
      'sqlmap/1.7#stable (https://sqlmap.org)',
      'Mozilla/5.00 (Nikto/2.1.6)',
      'Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)',
      'Fuzz Faster U Fool v2.1.0',
      'gobuster/3.6',
    ],
    misses: [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
      'curl/8.5.0',
      'Googlebot/2.1 (+http://www.google.com/bot.html)',
    ],
  }),
  rule({
    id: 1320,
    category: 'scanner',
    paranoia: 2,
    severity: 'notice',
    targets: IN_USER_AGENT,
    description: "A library's own name",
    words: ['python', 'libwww', 'go-http', 'curl', 'wget', 'java/', 'okhttp', 'axios', 'scrapy', 'httpie'],
    pattern: '^(?:python-(?:requests|urllib)|libwww-perl|go-http-client|curl/|wget/|java/|okhttp/|axios/|scrapy/|httpie/)',
    matches: ['python-requests/2.31', 'curl/8.5.0'],
    misses: ['Mozilla/5.0 curl'],
  }),
];
