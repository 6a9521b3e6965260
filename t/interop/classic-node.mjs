// Licensed under the Apache License, Version 2.0; see LICENSE.

// The clients that wallets use, against a server, from Node:
//
//   node classic-node.mjs URL [URL-WITH-PRIVATE-READS]
//
// Does everything their documentation shows, through @wallet.storage/fetch-client where it can do
// it, else signed by authorization-signature, and then what the Python client does. Prints TAP.

import { bytes, dialects, done, is, load, ok, python, section } from './interop.mjs'

const { StorageClient } = await load('@wallet.storage/fetch-client')
const { Ed25519Signer } = await load('@did.coop/did-key-ed25519')
const { createRequestWithHttpSignature } = await load('authorization-signature')

const [base, privateBase] = process.argv.slice(2)
const storage = new StorageClient(new URL(base))

const json = value => new Blob([JSON.stringify(value)], { type: 'application/json' })
const text = value => new Blob([value], { type: 'text/plain' })

const newSigner = () => Ed25519Signer.generate()

// A space that is there, controlled by the signer.
async function newSpace(signer, client = storage) {
  const space = client.space({ signer })
  const response = await space.put(json({ controller: signer.controller }))
  if (response.status !== 204)
    throw new Error(`a space was not made: ${response.status} ${await response.text()}`)
  return space
}

// A signed request of the kind that fetch-client has no verb for.
async function signed(
  signer,
  method,
  path,
  { body, headers, includeHeaders, created, expires } = {}
) {
  return await fetch(
    await createRequestWithHttpSignature(new URL(path, base), {
      signer,
      method,
      body,
      headers,
      created: created ?? new Date(),
      expires: expires ?? new Date(Date.now() + 30000),
      includeHeaders: includeHeaders ?? [
        '(created)',
        '(expires)',
        '(key-id)',
        '(request-target)',
        'host'
      ]
    })
  )
}

const problem = async response => {
  const { type, title, errors } = await response.json()
  return {
    media: response.headers.get('content-type'),
    type: typeof type,
    title,
    errors: Array.isArray(errors)
  }
}
const problemOf = title => ({
  media: 'application/problem+json',
  type: 'string',
  title,
  errors: true
})

const alice = await newSigner()
const bob = await newSigner()

await section('fetch-client README', async of => {
  const space = storage.space({ signer: alice })
  // As the README has it: the id of the key, with a fragment, stands for the controller.
  const put = await space.put(json({ controller: alice.id }))
  is(put.status, 204, of('space.put'))
  const get = await space.get()
  is(get.status, 200, of('space.get'))
  is(get.headers.get('content-type'), 'application/json', of('space.get is JSON'))
  is(
    await get.json(),
    { id: space.id, controller: alice.controller },
    of('space.get has id and controller')
  )
  const resource = space.resource('foo')
  is(
    (await resource.put(new Blob(['foo']))).status,
    204,
    of('resource.put of a blob without a type')
  )
  const got = await resource.get()
  is(got.status, 200, of('resource.get'))
  is((await bytes(got)).toString(), 'foo', of('resource.get yields what was put'))
  is(
    got.headers.get('content-type'),
    'application/octet-stream',
    of('without a type it is application/octet-stream')
  )
  const unsigned = await storage.space({ id: space.id }).resource('foo').get()
  is(unsigned.status, 200, of('resource.get without a signer'))
  is((await bytes(unsigned)).toString(), 'foo', of('resource.get without a signer yields the same'))
})

await section('space ids', async of => {
  for (const id of [
    `urn:uuid:${crypto.randomUUID()}`,
    `urn:uuid:${crypto.randomUUID().toUpperCase()}`,
    `urn:uuid:not-a-uuid_${Date.now()}`
  ]) {
    const space = storage.space({ signer: alice, id })
    is((await space.put(json({ id, controller: alice.controller }))).status, 204, of(`put ${id}`))
    is(await (await space.get()).json(), { id, controller: alice.controller }, of(`get ${id}`))
    is((await space.delete()).status, 204, of(`delete ${id}`))
  }
})

await section('spaces collection', async of => {
  const carol = await newSigner()
  const list = async signer => {
    const response = await signed(signer, 'GET', '/spaces/')
    is(response.status, 200, of('list'))
    return await response.json()
  }
  is(await list(carol), [], of('nobody has spaces at first'))

  const bare = await signed(carol, 'POST', '/spaces/')
  is(bare.status, 201, of('post without a body'))
  const location = bare.headers.get('location')
  ok(
    /^\/space\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(location),
    of('Location has a UUIDv4'),
    location
  )
  const made = `urn:uuid:${location.slice('/space/'.length)}`
  is(
    await (await storage.space({ signer: carol, id: made }).get()).json(),
    { id: made, controller: carol.controller },
    of('the signer is its controller')
  )

  const uuid = crypto.randomUUID()
  const described = { uuid, name: 'Ferien', controller: carol.controller }
  const post = async (signer, body) =>
    await signed(signer, 'POST', '/spaces/', {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' }
    })
  const response = await post(carol, described)
  is(
    [response.status, response.headers.get('location')],
    [201, `/space/${uuid}`],
    of('post with a uuid')
  )
  is(
    await (await storage.space({ signer: carol, id: `urn:uuid:${uuid}` }).get()).json(),
    { id: `urn:uuid:${uuid}`, controller: carol.controller, name: 'Ferien' },
    of('name is kept')
  )
  is((await post(carol, described)).status, 409, of('post of what is there'))
  is(
    (await post(bob, { ...described, uuid: crypto.randomUUID() })).status,
    403,
    of('post for another controller')
  )

  const byId = (a, b) => (a.id < b.id ? -1 : 1)
  is(
    (await list(carol)).sort(byId),
    [made, `urn:uuid:${uuid}`].map(id => ({ id, controller: carol.controller })).sort(byId),
    of("the list has the signer's spaces, and only those")
  )
  const unsigned = await fetch(new URL('/spaces/', base))
  is(unsigned.status, 401, of('list without a signature'))
  is(await problem(unsigned), problemOf('Unauthorized'), of('list without a signature: a problem'))
  const redirect = await fetch(new URL('/spaces', base), { redirect: 'manual' })
  is(
    [redirect.status, new URL(redirect.headers.get('location'), base).pathname],
    [308, '/spaces/'],
    of('without its slash')
  )
})

await section('contents', async of => {
  const space = await newSpace(alice)
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const contents = [
    ['text', 'text/plain', Buffer.from('Hello, WAS!')],
    ['text in UTF-8', 'text/plain;charset=utf-8', Buffer.from('Grüße, 世界')],
    ['JSON', 'application/json', Buffer.from('{"nested":{"key":[1,2,3]}}')],
    [
      'JSON-LD',
      'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
      Buffer.from('{}')
    ],
    ['every byte', 'application/octet-stream', all],
    ['nothing', 'text/plain', Buffer.alloc(0)],
    ['a photo', 'image/jpeg', Buffer.concat(Array(6000).fill(all))]
  ]
  for (const [name, type, content] of contents) {
    const resource = space.resource(name.replaceAll(' ', '-'))
    is((await resource.put(new Blob([content], { type }))).status, 204, of(`put ${name}`))
    for (const [who, response] of [
      ['signed', await resource.get()],
      ['unsigned', await fetch(new URL(resource.path, base))]
    ]) {
      is(
        [response.status, response.headers.get('content-type')],
        [200, type.toLowerCase()],
        of(`get ${name}, ${who}`)
      )
      ok((await bytes(response)).equals(content), of(`get ${name}, ${who}: its bytes`))
    }
    const head = await signed(alice, 'HEAD', resource.path)
    // httpd leaves a Content-Length of 0 out of answers to HEAD.
    is(
      [
        head.status,
        head.headers.get('content-type'),
        head.headers.get('content-length') ?? '0',
        (await bytes(head)).length
      ],
      [200, type.toLowerCase(), `${content.length}`, 0],
      of(`head ${name}`)
    )
  }
  const resource = space.resource('text')
  is((await resource.put(json({ now: 'JSON' }))).status, 204, of('overwrite'))
  const over = await resource.get()
  is(
    [over.headers.get('content-type'), await over.json()],
    ['application/json', { now: 'JSON' }],
    of('overwrite: type and bytes are new')
  )
  is((await resource.post(text('posted'))).status, 201, of('post'))
  is((await bytes(await resource.get())).toString(), 'posted', of('post replaces'))
  is(
    (await resource.put(text('x'), { headers: { 'content-type': 'application/x-mine' } })).status,
    204,
    of('put with a header for the type')
  )
  is(
    (await resource.get()).headers.get('content-type'),
    'application/x-mine',
    of('the header decides about the type')
  )
  is((await space.resource('empty').put()).status, 204, of('put of no blob'))
  const empty = await space.resource('empty').get()
  is(
    [empty.status, (await bytes(empty)).length],
    [200, 0],
    of('put of no blob makes an empty resource')
  )
  const head = await signed(alice, 'HEAD', space.path)
  is(
    [head.status, head.headers.get('content-type')],
    [200, 'application/json'],
    of('head of the space')
  )
})

// Names that are hard on the way. Undefined is what README and tests of fetch-client use, to get a
// name made up; it makes up the source text of a function.
const names = [
  'a b',
  'ü',
  '日本/語',
  '😀',
  'a%2Fb',
  'p+q;r=s',
  '//x',
  'x//y/',
  '/',
  'a/b/c/d/e/f/g',
  '%7Euser',
  '100%25',
  'q\'!$&()*+,;=:@~|[]^`"<>{}',
  '%E2%82%AC',
  undefined
]

await section('paths', async of => {
  const space = await newSpace(alice)
  const seen = new Map()
  for (const [n, name] of names.entries()) {
    const resource = space.resource(name)
    const label = name ?? 'without a name'
    is((await resource.put(text(`content ${n}`))).status, 204, of(`put ${label}`))
    seen.set(resource, n)
  }
  for (const [resource, n] of seen) {
    const label = names[n] ?? 'without a name'
    is((await bytes(await resource.get())).toString(), `content ${n}`, of(`get ${label}`))
    is(
      await (await fetch(new URL(resource.path, base))).text(),
      `content ${n}`,
      of(`get ${label}, unsigned`)
    )
  }
  is((await bytes(await space.resource('a/b').get())).toString(), 'content 4', of('%2F is a slash'))
  is(
    (await bytes(await space.resource('~user').get())).toString(),
    'content 10',
    of('%7E is a tilde')
  )
  is((await space.resource('x/y/').get()).status, 404, of('two slashes are not one'))
  is((await space.resource('100%').get()).status, 400, of('half an escape'))
  is(
    (await space.resource('with?a=1&b={}|').put(text('query'))).status,
    204,
    of('put with a query')
  )
  is(
    (await bytes(await space.resource('with').get())).toString(),
    'query',
    of('the query is no part of the name')
  )
  is(
    (await bytes(await space.resource('with#part').get())).toString(),
    'query',
    of('nor is a fragment')
  )
  for (const [resource, n] of seen) {
    is((await resource.delete()).status, 204, of(`delete ${names[n] ?? 'without a name'}`))
    is((await resource.get()).status, 404, of(`get ${names[n] ?? 'without a name'} after delete`))
  }
})

await section('deleting', async of => {
  const space = await newSpace(alice)
  const [one, other] = [space.resource('one'), space.resource('other')]
  await one.put(text('1'))
  await other.put(text('2'))
  is((await one.delete()).status, 204, of('delete a resource'))
  is((await one.get()).status, 404, of('it is gone'))
  is((await one.delete()).status, 204, of('delete it again'))
  is((await bytes(await other.get())).toString(), '2', of('the other one is there'))
  is((await space.delete()).status, 204, of('delete the space'))
  const gone = await space.get()
  is([gone.status, await problem(gone)], [404, problemOf('Not Found')], of('it is gone'))
  is((await other.get()).status, 404, of('its resources too'))
  is((await space.delete()).status, 204, of('delete it again'))
  is((await other.put(text('3'))).status, 404, of('put into a space that is gone'))
})

await section('rights', async of => {
  const space = await newSpace(alice)
  await space.resource('x').put(text('hers'))
  const asBob = storage.space({ id: space.id, signer: bob })
  const asNobody = storage.space({ id: space.id })
  for (const [who, other, status, title] of [
    ['a stranger', asBob, 403, 'Forbidden'],
    ['nobody', asNobody, 401, 'Unauthorized']
  ]) {
    const attempts = {
      'put a resource': await other.resource('x').put(text('mine')),
      'post a resource': await other.resource('x').post(text('mine')),
      'delete a resource': await other.resource('x').delete(),
      'get the space': await other.get(),
      'put the space': await other.put(json({ controller: bob.controller })),
      'delete the space': await other.delete()
    }
    for (const [what, response] of Object.entries(attempts)) {
      is(response.status, status, of(`${who} may not ${what}`))
      is((await response.json()).title, title, of(`${who} may not ${what}: says so`))
    }
  }
  is((await bytes(await space.resource('x').get())).toString(), 'hers', of('nothing happened'))
  is(
    (await asNobody.resource('y').put(text('by her'), { signer: alice })).status,
    204,
    of('a signer for one call')
  )
  is(
    (await storage.space({ signer: bob }).put(json({ controller: alice.controller }))).status,
    403,
    of('a space for somebody else')
  )
  is((await storage.space({ signer: bob }).put()).status, 400, of('a space without a description'))
  is((await storage.space({ signer: bob }).get()).status, 404, of('a space that is not there'))

  is((await space.put(json({ controller: bob.controller }))).status, 204, of('hand over'))
  is((await space.get()).status, 403, of('it is hers no more'))
  is((await (await asBob.get()).json()).controller, bob.controller, of('it is his'))
  is((await space.resource('x').put(text('back'))).status, 403, of('she may not write'))
  is((await asBob.resource('x').put(text('his'))).status, 204, of('he may'))
})

await section('conditions', async of => {
  const space = await newSpace(alice)
  const resource = space.resource('x')
  const put = async (headers, value) => (await resource.put(text(value), { headers })).status
  is(await put({ 'if-none-match': '*' }, '1'), 204, of('If-None-Match: * makes'))
  is(await put({ 'if-none-match': '*' }, '2'), 412, of('If-None-Match: * does not replace'))
  const etag = (await resource.get()).headers.get('etag')
  ok(/^"[^"]+"$/.test(etag), of('ETag is a strong validator'), etag)
  is(await put({ 'if-match': etag }, '3'), 204, of('If-Match replaces'))
  is(await put({ 'if-match': etag }, '4'), 412, of('If-Match of what was'))
  is((await bytes(await resource.get())).toString(), '3', of('what was refused is not there'))
  const now = (await resource.get()).headers.get('etag')
  ok(now !== etag, of('ETag is another one after a change'))
  is(
    (await resource.get({ headers: { 'if-none-match': now } })).status,
    304,
    of('If-None-Match of what is')
  )
  const part = await resource.get({ headers: { range: 'bytes=0-0' } })
  is([part.status, part.headers.get('content-range')], [206, 'bytes 0-0/1'], of('a range'))
})

await section('authorization-signature', async of => {
  const space = await newSpace(alice)
  const list = ['(created)', '(expires)', '(key-id)', '(request-target)']
  const get = async options => (await signed(alice, 'GET', space.path, options)).status
  is(await get({ includeHeaders: list }), 200, of('the usual list'))
  is(await get({ includeHeaders: [...list].reverse() }), 200, of('in another order'))
  is(await get({ includeHeaders: [...list, 'host', 'date'] }), 200, of('with Host and Date'))
  is(
    await get({ includeHeaders: [...list, 'x-mine'], headers: { 'x-mine': '  a  b ' } }),
    200,
    of("with a header of one's own")
  )
  for (const name of list) {
    is(
      await get({ includeHeaders: [...list.filter(other => other !== name), 'host'] }),
      401,
      of(`without ${name}`)
    )
  }
  const ago = seconds => new Date(Date.now() - seconds * 1000)
  is(await get({ created: ago(60), expires: ago(30) }), 401, of('expired'))
  is(await get({ created: ago(-3000), expires: ago(-3030) }), 401, of('not yet'))
  is(
    (await fetch(new URL(space.path, base), { headers: { authorization: 'Signature nonsense' } }))
      .status,
    401,
    of('nonsense')
  )
})

for (const dialect of dialects) {
  await section(dialect, async of => {
    const carol = await newSigner()
    const send = (signer, method, path, content, type) =>
      python(dialect, base, signer, method, path, content, type)
    const uuid = crypto.randomUUID()
    const at = `/space/${uuid}`
    const description = JSON.stringify({ id: `urn:uuid:${uuid}`, controller: carol.controller })

    is((await send(carol, 'PUT', at, description, 'application/json')).status, 204, of('provision'))
    // Its default type, when the caller gives none.
    is(
      (await send(carol, 'PUT', at, description)).status,
      204,
      of('provision again, as application/octet-stream')
    )
    const space = await send(carol, 'GET', at)
    is(
      [space.status, JSON.parse(space.body)],
      [200, { id: `urn:uuid:${uuid}`, controller: carol.controller }],
      of('the space')
    )

    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    for (const [path, content, type] of [
      ['/greeting.txt', 'Hello, WAS!', 'text/plain'],
      ['/data.json', '{"key": "value"}', 'application/json'],
      ['/blob.bin', every, undefined],
      ['/empty', '', undefined],
      [`/${crypto.randomUUID()}`, 'random', 'text/plain'],
      ['/a b', 'blank', 'text/plain'],
      ['/ü/世界', 'UTF-8', 'text/plain'],
      ['/half%2Fencoded', 'raw', 'text/plain'],
      ['//x//', 'slashes', 'text/plain'],
      ['/q?a=1', 'query', 'text/plain']
    ]) {
      is((await send(carol, 'PUT', at + path, content, type)).status, 204, of(`put ${path}`))
      const got = await send(carol, 'GET', at + path)
      is(
        [got.status, got.headers['content-type']],
        [200, type ?? 'application/octet-stream'],
        of(`get ${path}`)
      )
      ok(got.body.equals(Buffer.from(content)), of(`get ${path}: its bytes`), got.body)
      is((await send(undefined, 'GET', at + path)).status, 200, of(`get ${path}, unsigned`))
      const wire = await fetch(new URL(at + path, base))
      ok(
        Buffer.from(await wire.arrayBuffer()).equals(Buffer.from(content)),
        of(`get ${path} with fetch`)
      )
    }
    const fromNode = storage.space({ signer: carol, id: `urn:uuid:${uuid}` })
    is(
      (await fromNode.resource('a b').put(text('by fetch-client'))).status,
      204,
      of('the other client writes to the same name')
    )
    is(
      (await send(carol, 'GET', `${at}/a b`)).body.toString(),
      'by fetch-client',
      of('and this one reads it')
    )

    is((await send(carol, 'POST', `${at}/posted`, '1', 'text/plain')).status, 201, of('post'))
    is(
      (await send(bob, 'PUT', `${at}/greeting.txt`, 'mine')).status,
      403,
      of('a stranger may not write')
    )
    is(
      (await send(undefined, 'PUT', `${at}/greeting.txt`, 'mine')).status,
      401,
      of('nobody may write')
    )
    is((await send(carol, 'DELETE', `${at}/a b`)).status, 204, of('delete'))
    is((await send(carol, 'GET', `${at}/a b`)).status, 404, of('it is gone'))
    is((await send(carol, 'DELETE', at)).status, 204, of('delete the space'))
    is((await send(carol, 'GET', at)).status, 404, of('it is gone'))
  })
}

if (privateBase) {
  await section('private reads', async of => {
    const client = new StorageClient(new URL(privateBase))
    const space = await newSpace(alice, client)
    const resource = space.resource('foo')
    is((await resource.put(new Blob(['foo']))).status, 204, of('put'))
    const got = await resource.get()
    is([got.status, (await bytes(got)).toString()], [200, 'foo'], of('get'))
    is(
      (await client.space({ id: space.id }).resource('foo').get()).status,
      401,
      of('get without a signer is disallowed')
    )
    is(
      (await client.space({ id: space.id, signer: bob }).resource('foo').get()).status,
      403,
      of('get of a stranger is disallowed')
    )
  })
}

done()
