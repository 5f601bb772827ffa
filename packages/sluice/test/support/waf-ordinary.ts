/** Ordinary requests by the thousand, from a seed: what people search, write, paste and upload, with all the quotes, signs and code that come with it. A firewall that stops one of these is in the way. */
import type { Random } from '../../src/base/random.ts';
import type { WafRequest } from './waf-request.ts';

const SEARCHES = [
  "O'Reilly",
  'rock & roll',
  'AT&T phone',
  "men's shoes size 10 1/2",
  'C++ programming',
  'C# in depth',
  '"exact phrase" -minus',
  "L'Oréal shampoo",
  'salt and pepper',
  'black or white dress',
  '50% off',
  '$19.99',
  'tv > 40"',
  '5\' 10" mirror',
  'R&D jobs',
  'Müller & Söhne',
  '東京 ラーメン',
  'кофе и чай',
  'مرحبا',
  '😀 emoji; fun',
  'what is 2+2=4?',
  'select committee report',
  'union jack flag',
  'drop shipping',
  'insert coin',
  'update my account',
  'how to delete from gmail',
  'where can I order by phone?',
  'table tennis table',
  "rock'n'roll",
  "D'Angelo - Brown Sugar",
  'price: 10-20',
  'a/b testing',
  'node.js vs. deno',
  '.NET core',
  'email@example.com',
  '#hashtag',
  '@mention',
  'http basics',
  'https://example.com/a?b=c&d=e',
  'see ../readme',
  'windows 11 system32 folder',
  'cat food; dog food',
  'ls | grep explained',
  'sleep well (kids)',
  'script writing',
  'java vs javascript: which?',
  'alert bay hotel',
  'eval board',
  'document scanner',
  'on click tv',
  'the "A" team',
  'Fish & Chips <3',
  'x < y and y > z',
  'I like it',
  'null island',
  'true or false',
  '1 or 2 people',
  '2 and 3 bedrooms',
  'order by 5pm',
  '100% cotton & more',
  'Ben & Jerry\'s "Cookie Dough"',
  "Where's Waldo?",
  "'90s music",
  "dogs' and cats' home",
  'Tom; Dick; Harry',
  "Guns N' Roses",
  'who moved my cheese',
  'time & date',
  "can't or won't",
  'what if (maybe)?',
  'ping pong',
  'net curtains; voile',
  'find my phone',
  'echo dot',
  'host family',
  'id card holder',
  'more & more',
  'kill bill vol. 2',
  'less is more',
  'head & shoulders',
  'marks & spencer',
  'test & measurement',
  'copy & paste',
  'W. & A. Gilbey',
  'history; set in stone',
  'php elephant',
  'python care',
  'perl necklace',
  'ruby ring',
  'bash the trash',
  'curl & wave',
  'touch & go',
  '-5',
  '1e10',
  '--',
  '...',
  '?',
  '*',
  'a*b',
  '(555) 010-9999',
  '+49 30 901820',
  '1,234.56',
  '10:30',
  '2026-01-02T03:04:05Z',
  '~',
  '^_^',
  ':-)',
  ';-)',
  '<3',
  '>_<',
  '¯\\_(ツ)_/¯',
  'C:\\Users\\anna\\Documents',
  '\\o/',
  'path/to/file.txt',
  'rm -rf jokes',
];
const TEXTS = [
  'Hello,\n\nthis is a test; nothing more. It\'s "fine" & dandy.\n\nBest,\nAnna',
  'Dear all,\r\n\r\nlocation of the party: Room 5 (2nd floor).\r\nto: everybody who can make it\r\n',
  '# Title\n\nSome *markdown* with `code`, [a link](https://example.com/a?b=1&c=2) and ![img](../img/cat.png).\n\n- one\n- two\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |',
  'Use `ls` to list files, `cat file` to show one, and `id` to see who you are.',
  "```js\nimport { readFile } from 'node:fs/promises';\nconst text = await readFile('../../data/file.txt', 'utf8');\nif (a === 'x' && b === \"y\") console.log(`${text.length} bytes`);\n```",
  "```sql\nSELECT name, email FROM users WHERE id = 1 AND active = 'yes' ORDER BY name LIMIT 10;\n```\nThis query finds active users.",
  'To find duplicates: SELECT email, COUNT(*) FROM people GROUP BY email HAVING COUNT(*) > 1; then delete them.',
  '```sh\ncd app && npm install && npm run build\nexport PATH=$HOME/bin:$PATH\nfor f in *.txt; do echo "$f"; done\n```',
  'Edit /etc/nginx/nginx.conf and reload: `sudo systemctl reload nginx`. Logs are in /var/log/nginx.',
  "def greet(name):\n    if name == 'Anna' and True:\n        print(f'hello {name}')\n    time.sleep(5)\n    return [x for x in range(10) if x > 5 or x == 3]",
  'public static void main(String[] args) { System.out.println("Hello"); int x = a > b ? a : b; }',
  'Exception in thread "main" java.lang.NullPointerException: x\n\tat com.example.Main.run(Main.java:5)\n\tat java.base/java.lang.Thread.run(Thread.java:840)',
  '<p>Hello <b>world</b>, see <a href="https://example.com/?a=1&amp;b=2" title="it\'s here">this</a>.</p><img src="https://cdn.example.com/a.png" alt="a cat">',
  '<html><head><meta charset="utf-8"><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>td { padding: 4px; color: #333 }</style></head><body bgcolor="#ffffff"><table width="600" cellpadding="0"><tr><td style="font-family:Arial, sans-serif">Dear Anna,<br>Your order &#8470; 12345 &mdash; thanks!&nbsp;<a href="mailto:shop@example.com?subject=Order">Reply</a></td></tr></table></body></html>',
  '<h2>Recipe</h2><ul><li>1/2 cup sugar</li><li>Salt &amp; pepper</li></ul><iframe width="560" height="315" src="https://www.youtube.com/embed/abc123" frameborder="0" allowfullscreen></iframe>',
  '<div class="note"><svg width="10" height="10"><circle cx="5" cy="5" r="4" fill="red"/></svg> Icon</div>',
  'function Save() { return <button onClick={save} className="btn">Save</button>; }',
  "const el = document.querySelector('#id'); el.addEventListener('click', () => { el.classList.toggle('on'); });",
  'The price is $5 (or €4.50); {tax} included. Use code "SAVE10%" before 12/31.',
  'Hello {{ user.name }}, your invoice {{ invoice.number }} is due. {% if late %}Please pay.{% endif %}',
  'f(x) = x^2 + 3x - 1; if x > 0 then f(x) > -1 and f(x) != 0.',
  '{"nested":"json in a string","a":[1,2,3],"b":{"c":"d\\"e"}}',
  'name,price,qty\n"Widget, large",12.50,3\n"O\'Neil ""special""",9.99,1',
  'Terms & Conditions: (a) the "Service"; (b) the "User"; and/or (c) all others -- as defined in section 2.1.',
  "It's Anna's 'special' day; don't forget! See you @ 5pm -- bring #drinks & $20.",
  'Übergrößenträger; façade; naïve; Zażółć gęślą jaźń; 你好，世界！；こんにちは（笑）',
  'UPDATE: set the alarm = 7am. INSERT: new batteries into remote. DROP by any time!',
  "#!/bin/bash\nset -e\necho 'done' > /dev/null\n",
  '<?php echo "Hello, $name"; ?>',
  '<?xml version="1.0" encoding="UTF-8"?><order id="5"><item qty="2">Tea &amp; milk</item></order>',
  'a && b || c; x = y ? 1 : 0; // comment\n/* block */ #include <stdio.h>',
  "git commit -m 'fix: a bug' && git push origin main; curl -s https://example.com/health",
  'SELECT is a keyword; UNION, too. "OR" and "AND" are operators.',
];
const NAMES = [
  'q',
  'search',
  'query',
  'name',
  'title',
  'comment',
  'filter',
  'sort',
  'page',
  'utm_source',
  'category[]',
  'user[email]',
  'address.street',
  'note',
  'tags',
  's',
  'text',
  'description',
  'redirect_uri',
  'callback',
];
const PATHS = [
  '/',
  '/search',
  '/products/42',
  '/api/v1/users/5/orders',
  '/blog/2026/01/it%27s-here',
  '/a%20b/c',
  '/.well-known/openid-configuration',
  '/static/app.3f2a1b.js',
  '/caf%C3%A9/men%C3%BC',
  '/wiki/C%2B%2B',
  '/images/cat.(1).png',
  '/v1/projects/my-project:export',
  '/files/report~final.pdf',
  '/@scope/package',
  '/select/union/order',
  '/docs/etc/readme.html',
  '/users/anna.o-neil',
  '/p/12345;v=2',
  "/shop/men's",
];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'curl/8.5.0',
  'okhttp/4.12.0',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'python-requests/2.32.3',
  'kube-probe/1.31',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0',
  'Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)',
];
const GRAPHQL = [
  'query Search($text: String!, $first: Int = 10) { products(filter: { name: { like: $text }, price: { gt: 5 } }, first: $first) { edges { node { id name price } } } }',
  'mutation { updateUser(input: { id: "5", name: "O\'Neil", tags: ["a", "b"] }) { user { id } errors { message } } }',
  '{ me { id ...on Admin { roles } } __typename }',
  'query IntrospectionQuery { __schema { queryType { name } types { ...FullType } } }',
];

/** One request. */
export function ordinaryRequest(random: Random): WafRequest {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const value = (): string =>
    pick([
      () => pick(SEARCHES),
      () => pick(SEARCHES),
      () => `${pick(SEARCHES)} ${pick(SEARCHES)}`,
      () => token(random),
      () => String(Math.floor(random() * 1e6)),
      () => pick(TEXTS),
    ])();
  const query = (count: number): string =>
    Array.from({ length: count }, () => `${encodeURIComponent(pick(NAMES))}=${spelt(pick(SEARCHES), random)}`).join('&');
  const headers: Record<string, string> = {
    'user-agent': pick(AGENTS),
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'accept-language': 'de-DE,de;q=0.9,en;q=0.8',
    cookie: [
      `session=${token(random)}`,
      `_ga=GA1.1.${Math.floor(random() * 1e9)}.1700000000`,
      `prefs=${encodeURIComponent(JSON.stringify({ theme: 'dark', lang: 'de', last: pick(SEARCHES) }))}`,
      `jwt=${jwt(random)}`,
      `OptanonConsent=isGpcEnabled=0&datestamp=Fri+Nov+20+2026&version=202401.1.0&groups=C0001%3A1%2CC0002%3A0`,
    ]
      .slice(0, 1 + Math.floor(random() * 5))
      .join('; '),
    referer: `https://shop.example/search?${query(1)}`,
    authorization: `Bearer ${jwt(random)}`,
    'if-none-match': `W/"${token(random)}"`,
    'sec-ch-ua': '"Chromium";v="131", "Not_A Brand";v="24"',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };
  const base = { path: pick(PATHS), headers };
  const object = (): Record<string, unknown> => ({
    id: Math.floor(random() * 1e6),
    [pick(NAMES)]: value(),
    title: pick(SEARCHES),
    content: pick(TEXTS),
    tags: [pick(SEARCHES), token(random)],
    nested: { [pick(NAMES)]: value(), at: '2026-01-02T03:04:05.678Z' },
    ok: random() < 0.5,
    none: null,
  });
  switch (Math.floor(random() * 8)) {
    case 0:
    case 1:
      return { ...base, query: query(1 + Math.floor(random() * 5)) };
    case 2:
      return {
        ...base,
        query: `redirect_uri=${encodeURIComponent('https://app.example/callback?x=1&y=a b')}&state=${token(random)}&return=${encodeURIComponent('/account?tab=orders')}`,
      };
    case 3:
      return {
        ...base,
        type: 'application/x-www-form-urlencoded',
        body: Array.from({ length: 4 }, () => `${encodeURIComponent(pick(NAMES))}=${spelt(value(), random)}`).join('&'),
      };
    case 4:
    case 5:
      return {
        ...base,
        type: 'application/json',
        body: JSON.stringify(random() < 0.5 ? object() : [object(), object()], null, random() < 0.3 ? 2 : 0),
      };
    case 6:
      return {
        ...base,
        type: 'application/json; charset=utf-8',
        body: JSON.stringify({ query: pick(GRAPHQL), variables: { text: pick(SEARCHES), n: 5 }, operationName: null }),
      };
    default:
      return {
        ...base,
        type: 'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
        body: multipart(
          [
            [pick(NAMES), value()],
            ['content', pick(TEXTS)],
            ['note', pick(SEARCHES)],
          ],
          pick(['photo (1).jpg', "Anna's report.pdf", 'café.txt', 'data.v2.csv']),
        ),
      };
  }
}

function multipart(fields: readonly (readonly [string, string])[], file: string): string {
  const line = '------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n';
  const parts = fields.map(([name, value]) => `${line}Content-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  return `${parts.join('')}${line}Content-Disposition: form-data; name="file"; filename="${file}"\r\nContent-Type: application/octet-stream\r\n\r\n\u0089PNG <binary> ' or 1=1\r\n------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n`;
}

/** As browsers and libraries write it. */
function spelt(text: string, random: Random): string {
  const encoded = encodeURIComponent(text);
  return random() < 0.5 ? encoded.replaceAll('%20', '+').replaceAll("'", '%27') : encoded;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function letters(random: Random, count: number, more = ''): string {
  const from = ALPHABET + more;
  return Array.from({ length: count }, () => from[Math.floor(random() * from.length)]).join('');
}

/** A UUID, a hash, base64, a slug. */
function token(random: Random): string {
  const hex = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
  switch (Math.floor(random() * 4)) {
    case 0:
      return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
    case 1:
      return hex(64);
    case 2:
      return `${letters(random, 40 + Math.floor(random() * 400), '+/')}==`;
    default:
      return letters(random, 24, '-_');
  }
}

function jwt(random: Random): string {
  return `eyJ${letters(random, 30, '-_')}.eyJ${letters(random, 200, '-_')}.${letters(random, 43, '-_')}`;
}
