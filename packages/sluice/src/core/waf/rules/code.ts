/** Text that PHP, Java or Node.js would run or make objects of: calls, serialised objects, prototypes. */
import { DOLLAR, QUOTE } from '../character-classes.ts';
import { IN_FILE, IN_FILE_NAME, IN_HEADER, IN_NAME, IN_QUERY, IN_VALUES, rule, SHELL, type WafRule } from '../rule.ts';

const WHERE = IN_VALUES | IN_NAME | IN_HEADER;

const php = (given: Omit<Parameters<typeof rule>[0], 'category'>): WafRule => rule({ category: 'php', targets: WHERE, ...given });
const java = (given: Omit<Parameters<typeof rule>[0], 'category'>): WafRule => rule({ category: 'java', targets: WHERE, ...given });
const node = (given: Omit<Parameters<typeof rule>[0], 'category'>): WafRule => rule({ category: 'node', targets: WHERE, ...given });

const PHP_CALLS =
  'system|exec|passthru|shell_exec|eval|assert|popen|proc_open|pcntl_exec|phpinfo|base64_decode|create_function|call_user_func(?:_array)?|file_get_contents|file_put_contents|fopen|readfile|include|require|unserialize|preg_replace|array_map|usort|ob_start|highlight_file|show_source|var_dump|print_r|die|chr|str_rot13|gzinflate|move_uploaded_file|curl_exec|mail|scandir|opendir|getenv|putenv';

export const CODE_RULES: readonly WafRule[] = [
  php({
    id: 3300,
    description: 'A serialised object of PHP',
    words: ['o:', 'c:', 'a:'],
    needs: QUOTE,
    pattern: '(?:^|[;{} ])[oc]:\\+?\\d{1,5}:"[^"]{1,255}":\\d{1,5}:[{]',
    matches: ['O:8:"stdClass":1:{s:1:"a";i:1;}', 'a:1:{i:0;O:4:"Evil":0:{}}', 'C:11:"ArrayObject":1:{x}'],
    misses: ['a:1:{i:0;i:1;}', 'ratio o:8:"x"'],
  }),
  php({
    id: 3301,
    targets: WHERE | IN_FILE,
    description: 'PHP that calls or takes from the request',
    words: ['<?', '<script language'],
    pattern:
      '<\\?(?:php|=)?.{0,300}?(?:\\b(?:system|exec|passthru|shell_exec|eval|assert|popen|proc_open|pcntl_exec|phpinfo|base64_decode|create_function|call_user_func|gzinflate|str_rot13) *\\(|\\$_(?:get|post|request|cookie|server|files) *\\[|`)|<script language *= *["\']?php',
    matches: ['<?php system($_GET["c"]);', '<?=`id`?>', '<? phpinfo(); ?>', '<?php eval(base64_decode("x"));'],
    misses: ['<?xml version="1.0"?>', '<?php echo "Hello"; ?>', '<?php echo $name; ?>'],
  }),
  php({
    id: 3302,
    targets: IN_FILE_NAME,
    description: 'A file that a server would run',
    words: ['.ph', '.jsp', '.asp', '.ht', '.cgi', '.user.ini', '.cfm', '.shtml', '.war', '.phar', '.config'],
    pattern:
      '\\.(?:php\\d?|phtml?|phps|phar|pht|jspx?|jspf|jsw|jsv|aspx?|asmx|ashx|asa|asax|ascx|cer|cgi|cfm|cfml|shtml|war|htaccess|htpasswd|user\\.ini)(?:$|[.;: %/\\\\])|^web\\.config$|%00',
    matches: ['shell.php', 'x.php.jpg', 'a.phtml', '.htaccess', 'x.jsp;.png', 'web.config', 'x.pHp5'],
    misses: ['graph.png', 'report.pdf', 'photo.jpg', 'config.json', 'philosophy.txt'],
  }),
  php({
    id: 3303,
    description: "A call of PHP's functions, behind the first word",
    words: ['('],
    pattern: `^[^ (]{0,60}\\b(?:system|exec|passthru|shell_exec|assert|popen|proc_open|pcntl_exec|phpinfo|base64_decode|create_function|call_user_func(?:_array)?|file_get_contents|file_put_contents|readfile|unserialize|highlight_file|show_source|str_rot13|gzinflate|move_uploaded_file) *\\( *(?:['"$)\\[\\d@~]|[a-z_]{2,30} *\\()|^[^ ]{0,40}\\$\\{@[a-z_]`,
    matches: ['phpinfo()', "system('id')", ';passthru($_GET[1]);', '${@phpinfo()}', 'exec("id")', 'assert(chr(1))'],
    misses: ['the system (all)', 'await exec(command)', 'filesystem(5)', 'execute (this)'],
  }),
  php({
    id: 3304,
    paranoia: 1,
    description: 'Settings of PHP on the command line (CVE-2012-1823, CVE-2024-4577)',
    targets: IN_QUERY | IN_NAME,
    words: ['allow_url_include', 'auto_prepend_file', 'auto_append_file', 'disable_functions', 'open_basedir', 'safe_mode'],
    pattern:
      '(?:^|[- \\x{ad}]d[ +]*)?(?:allow_url_include|auto_prepend_file|auto_append_file|disable_functions|open_basedir|safe_mode) *(?:=|$)',
    matches: ['-d allow_url_include=1', '-d auto_prepend_file=php://input'],
    misses: ['how safe_modem works'],
  }),
  php({
    id: 3320,
    paranoia: 2,
    description: 'A variable of the request',
    needs: DOLLAR,
    words: ['$_', '$globals'],
    pattern: '\\$_(?:get|post|cookie|request|server|files|session|env)\\b|\\$globals\\b',
    matches: ["$_GET['x']", '$GLOBALS'],
    misses: ['$_x'],
  }),
  php({
    id: 3321,
    paranoia: 2,
    description: 'An opening tag of PHP',
    words: ['<?'],
    pattern: '<\\?(?:php\\b|=| )',
    matches: ['<?php echo 1', '<?= x'],
    misses: ['<?xml version'],
  }),
  php({
    id: 3330,
    paranoia: 3,
    severity: 'error',
    description: 'Any function of PHP, called',
    words: ['('],
    pattern: `\\b(?:${PHP_CALLS}) *\\(`,
    matches: ['x = fopen(a)', 'print_r(x)'],
    misses: ['opening (all)'],
  }),

  java({
    id: 4400,
    targets: WHERE,
    description: 'A serialised object of Java or .NET',
    words: ['ro0ab', 'aced0005', 'aaeaaad', 'kztaa'],
    pattern: '^["\' ]*(?:ro0ab[qwxy][a-z0-9+/]{4}|aced0005(?:73|77|78|70)|aaeaaad/////|kztaa[a-z0-9+/]{4,}.{8})',
    matches: ['rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA', 'aced0005737200', 'AAEAAAD/////AQAAAAAAAAAMAgAA'],
    misses: ['ro0abc', 'aceder'],
  }),
  java({
    id: 4401,
    description: "Classes with which Java's runtime is reached",
    words: [
      'java.lang.',
      'javax.',
      'getruntime',
      'jdbcrowset',
      'commons.collections',
      'classloader',
      'xalan',
      'ysoserial',
      'scriptengine',
      'templatesimpl',
      'spring',
    ],
    pattern:
      'java\\.lang\\.(?:runtime|processbuilder|processimpl|reflect)|javax\\.(?:script\\.scriptengine|naming\\.initialcontext|management\\.badattribute)|com\\.sun\\.(?:rowset\\.jdbcrowset|org\\.apache\\.xalan)|org\\.apache\\.(?:commons\\.(?:collections\\d?\\.functors|beanutils)|xalan|xbean)|templatesimpl|ysoserial|\\bclass\\.module\\.classloader|\\bclass\\.classloader|classloader\\.resources|org\\.springframework\\.(?:context\\.support\\.classpath|beans\\.factory\\.objectfactory)',
    matches: [
      '{"@type":"com.sun.rowset.JdbcRowSetImpl"}',
      'class.module.classLoader.resources.context.parent',
      'new java.lang.ProcessBuilder',
      'javax.script.ScriptEngineManager',
    ],
    misses: ['java.lang.NullPointerException', 'javax.servlet', 'the class loader'],
  }),
  java({
    id: 4402,
    targets: IN_VALUES,
    description: 'Objects in YAML',
    words: ['!!', '!ruby', '!python'],
    pattern: '!!(?:javax?\\.|com\\.|org\\.|python/(?:object|module|name)|perl/|map:)|!ruby/(?:object|hash|struct|class)|!python/object',
    matches: ['!!javax.script.ScriptEngineManager [', '!!python/object/apply:os.system', '--- !ruby/object:Gem::Installer'],
    misses: ['wow!! java', '!!str x'],
  }),

  node({
    id: 3400,
    targets: IN_NAME,
    description: 'A prototype as a name',
    words: ['__proto__', 'prototype', '__definegetter__', '__lookupgetter__'],
    pattern: '(?:^|[\\[.\'"])__(?:proto|definegetter|definesetter|lookupgetter)__|constructor[\\]"\']*[\\[.]+["\']?prototype',
    matches: ['__proto__', '__proto__[admin]', 'a[__proto__][x]', 'constructor.prototype.x', 'constructor[prototype][x]'],
    misses: ['prototype', 'proto', 'my__proto__name'],
  }),
  node({
    id: 3401,
    targets: IN_VALUES,
    description: 'A prototype in a value',
    words: ['__proto__', 'constructor'],
    pattern:
      '["\'\\[]__proto__["\'\\]] *[:\\]=\\[]|["\']constructor["\'] *: *\\{ *["\']prototype|constructor *\\. *constructor *\\(|\\.constructor *\\( *["\']return ',
    matches: ['{"__proto__":{"admin":true}}', 'this.constructor.constructor("return process")()', '{"constructor":{"prototype":{}}}'],
    misses: ['the __proto__ property', 'super.constructor'],
  }),
  node({
    id: 3402,
    description: 'Functions of Node.js that run programs',
    words: ['child_process', 'process.', 'mainmodule', 'spawnsync', 'execsync'],
    form: SHELL,
    pattern:
      'process\\. *(?:mainmodule|binding *\\(|dlopen *\\()|require *\\( *`?child_process`? *\\) *\\. *(?:exec|spawn|fork)|(?:global|globalthis|this)(?:\\.|\\[)process\\b|mainmodule *\\. *require|process\\[',
    matches: ["require('child_process').exec('id')", 'process.mainModule.require("fs")', 'global.process.exit()'],
    misses: ['process.env.HOME', "const cp = require('fs')", 'the process. Binding'],
  }),
  node({
    id: 3403,
    description: 'A function in serialised JSON (node-serialize)',
    words: ['nd_func'],
    pattern: '_\\$\\$nd_func\\$\\$_',
    matches: ['_$$ND_FUNC$$_function(){}()'],
    misses: ['nd_function'],
  }),
  node({
    id: 3420,
    paranoia: 2,
    description: 'Modules of Node.js',
    words: ['require', 'process.env', 'import('],
    pattern: 'require *\\( *[\'"`](?:fs|child_process|net|http|os|vm|module|process)|process\\.env\\b|import\\( *[\'"`]',
    matches: ["require('fs')", 'process.env'],
    misses: ['required (fs)'],
  }),
];
