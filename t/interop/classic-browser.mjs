// Licensed under the Apache License, Version 2.0; see LICENSE.

// The wallet client in a page of another origin, in headless Chromium:
//
//   node classic-browser.mjs URL [URL-WITHOUT-CORS [URL-WITH-A-LIST-OF-ORIGINS]]
//
// The browser enforces CORS, preflights included, and shows the page only what the server exposes.
// Prints TAP.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve, withPage } from './browser.mjs'
import { done, is, load, modules, ok, section } from './interop.mjs'

const [base, closedBase, listBase] = process.argv.slice(2)
const { build } = (await load('esbuild')).default

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'classic-page.mjs')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    nodePaths: [modules],
    logLevel: 'error'
  })
  return outputFiles[0].text
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>wallet</title>' + '<script src="page.js"></script>'

// Preflights as the browser's network layer saw them: "OPTIONS path status". The page itself sends
// no OPTIONS.
async function watchPreflights(page) {
  const seen = []
  const asked = new Map()
  const session = await page.context().newCDPSession(page)
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.method === 'OPTIONS')
      asked.set(requestId, `${request.method} ${new URL(request.url).pathname}`)
  })
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (asked.has(requestId)) seen.push(`${asked.get(requestId)} ${response.status}`)
  })
  await session.send('Network.enable')
  return seen
}

async function test(page, preflights) {
  const call = (name, ...args) =>
    page.evaluate(([name, args]) => globalThis.page[name](...args), [name, args])
  const client = (verb, options) => call('client', verb, options)
  let space

  await section('space', async of => {
    space = await call('open', base)
    is(
      (
        await client('put', {
          body: JSON.stringify({ controller: space.controller }),
          type: 'application/json'
        })
      ).status,
      204,
      of('put')
    )
    ok(
      preflights.includes(`OPTIONS ${space.path} 204`),
      of('put was preflighted'),
      preflights.join('\n')
    )
    const got = await client('get')
    is(
      [got.status, JSON.parse(got.text)],
      [200, { id: space.id, controller: space.controller }],
      of('get')
    )
  })

  await section('list', async of => {
    const list = await call('signed', 'GET', '/spaces/')
    is(
      [list.status, JSON.parse(list.text)],
      [200, [{ id: space.id, controller: space.controller }]],
      of('get')
    )
    const made = await call('signed', 'POST', '/spaces/')
    is(made.status, 201, of('post'))
    ok(
      /^\/space\/[0-9a-f-]{36}$/.test(made.headers.location),
      of('Location is exposed'),
      made.headers.location
    )
    is(
      (await call('signed', 'GET', made.headers.location)).status,
      200,
      of('Location is the new space')
    )
    is((await call('signed', 'DELETE', made.headers.location)).status, 204, of('delete'))
  })

  await section('resource', async of => {
    const target = `${space.path}/note`
    is(
      (await client('put', { name: 'note', body: 'Grüße', type: 'text/plain;charset=utf-8' }))
        .status,
      204,
      of('put')
    )
    ok(
      preflights.includes(`OPTIONS ${target} 204`),
      of('put was preflighted'),
      preflights.join('\n')
    )
    const before = preflights.length
    const simple = await call('fetch', target)
    is([simple.status, simple.text], [200, 'Grüße'], of('get, unsigned'))
    is(preflights.length, before, of('an unsigned get needs no preflight'))
    const got = await client('get', { name: 'note' })
    is(
      [got.status, got.text, got.headers['content-type']],
      [200, 'Grüße', 'text/plain;charset=utf-8'],
      of('get')
    )
    ok(/^"[^"]+"$/.test(got.headers.etag), of('ETag is exposed'), JSON.stringify(got.headers))
    ok(
      !Number.isNaN(Date.parse(got.headers['last-modified'])),
      of('Last-Modified is exposed'),
      JSON.stringify(got.headers)
    )
    is(got.headers['content-length'], '7', of('Content-Length is exposed'))

    const { etag } = got.headers
    is(
      (await client('get', { name: 'note', headers: { 'if-none-match': etag } })).status,
      304,
      of('If-None-Match')
    )
    is(
      (await client('put', { name: 'note', body: 'x', headers: { 'if-match': '"other"' } })).status,
      412,
      of('If-Match of another version')
    )
    is(
      (await client('put', { name: 'note', body: 'y', headers: { 'if-match': etag } })).status,
      204,
      of('If-Match of this version')
    )
    is(
      (await client('put', { name: 'note', body: 'z', headers: { 'if-none-match': '*' } })).status,
      412,
      of('If-None-Match: *')
    )
    const next = await call('fetch', target, { cache: 'no-store' })
    is(next.text, 'y', of('what was refused is not there'))
    ok(next.headers.etag !== etag, of('the change shows in ETag'))
    const part = await client('get', { name: 'note', headers: { range: 'bytes=0-0' } })
    is(
      [part.status, part.headers['content-range'], part.headers['accept-ranges']],
      [206, 'bytes 0-0/1', 'bytes'],
      of('ranges are exposed')
    )
    const head = await call('signed', 'HEAD', target)
    is([head.status, head.headers['content-length'], head.text], [200, '1', ''], of('head'))
    is(
      (await client('post', { name: 'note', body: '{}', type: 'application/ld+json' })).status,
      201,
      of('post')
    )
  })

  await section('large and odd resources', async of => {
    const many = await page.evaluate(async () => {
      const bytes = new Uint8Array(3_000_000).map((_, i) => i * 7)
      const resource = globalThis.page.space.resource('large')
      const put = await resource.put(new Blob([bytes], { type: 'image/png' }))
      const got = await resource.get()
      const back = new Uint8Array(await (await got.blob()).arrayBuffer())
      return [put.status, got.status, back.length, back.every((byte, i) => byte === bytes[i])]
    })
    is(many, [204, 200, 3_000_000, true], of('3 MB'))
    // Without a name the client makes one up, which is a piece of the browser's own text.
    for (const name of ['a b/ü', 'q\'!$&()*+,;=:@~|[]^`"<>{}', '//x', 'a%2Fb', '', undefined]) {
      const label = name ?? 'without a name'
      is(
        (await client('put', { name, named: true, body: `at ${label}`, type: 'text/plain' }))
          .status,
        204,
        of(`put ${label}`)
      )
      const got = await client('get', { name, named: true })
      is([got.status, got.text], [200, `at ${label}`], of(`get ${label}`))
      is((await client('delete', { name, named: true })).status, 204, of(`delete ${label}`))
    }
  })

  await section('refusals can be read', async of => {
    for (const [what, response, status, title] of [
      [
        'unsigned',
        await client('put', { name: 'note', body: 'x', as: 'nobody' }),
        401,
        'Unauthorized'
      ],
      [
        'a stranger',
        await client('put', { name: 'note', body: 'x', as: 'stranger' }),
        403,
        'Forbidden'
      ],
      ['not there', await client('get', { name: 'none' }), 404, 'Not Found'],
      ['not known', await call('signed', 'DELETE', '/spaces/', {}), 405, 'Method Not Allowed'],
      [
        'no archive',
        await call('signed', 'POST', space.path, { body: 'x' }),
        415,
        'Unsupported Media Type'
      ],
      ['not JSON', await client('put', { body: '{', type: 'application/json' }), 400, 'Bad Request']
    ]) {
      is(
        [
          response.status,
          response.headers['content-type'],
          JSON.parse(response.text || '{}').title
        ],
        [status, 'application/problem+json', title],
        of(what)
      )
    }
    const unsigned = await client('get', { as: 'nobody' })
    ok(
      /^Signature /.test(unsigned.headers['www-authenticate']),
      of('WWW-Authenticate is exposed'),
      JSON.stringify(unsigned.headers)
    )
  })

  await section('delete', async of => {
    is((await client('delete', { name: 'note' })).status, 204, of('resource'))
    is((await client('get', { name: 'note' })).status, 404, of('it is gone'))
    is((await client('delete')).status, 204, of('space'))
    is((await client('get')).status, 404, of('it is gone'))
  })

  // That the browser does enforce CORS, without which the rest would prove nothing.
  for (const [name, other] of [
    ['CORS is off', closedBase],
    ['another origin', listBase]
  ]) {
    if (!other) continue
    await section(name, async of => {
      is(await call('attempt', other, '/health'), 'TypeError', of('get is kept from the page'))
      is(
        await call('attempt', other, '/space/x/y', { method: 'PUT', body: 'x' }),
        'TypeError',
        of('put is kept from the page')
      )
      is(
        await call('attempt', other, '/health', { mode: 'no-cors' }),
        0,
        of('though the server answers')
      )
    })
  }
}

async function main() {
  const { origin, close } = await serve({
    '/': ['text/html', PAGE],
    '/page.js': ['text/javascript', await bundle()]
  })
  try {
    await withPage(async (page, complaints) => {
      const preflights = await watchPreflights(page)
      await page.goto(`${origin}/`)
      is(complaints, [], 'the page loads without an error')
      await test(page, preflights)
    })
  } finally {
    close()
  }
}

await section('browser', main)
done()
