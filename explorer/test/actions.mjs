// Licensed under the Apache License, Version 2.0; see LICENSE.

// What a person does, driven as a person does it: node actions.mjs PLACES. Prints TAP.

import { ok, section } from '../../t/interop/interop.mjs'
import { at, clean, Person, withPeople } from './harness.mjs'

const TEXT = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('Grüße') }

// A key, a space, a resource: put, looked at, deleted.
async function slice(browser, of, { url, collection }) {
  const alice = await Person.at(browser)
  await alice.makeKey('Alice')
  await alice.openServer(url)
  await alice.makeSpace('Letters')
  if (collection) await alice.makeCollection(collection)
  await alice.upload(TEXT)
  const name = collection ? 'note.txt' : '/note.txt'
  await alice.sees('7 bytes', alice.row(name))
  ok(true, of('what was put is listed with its size'))
  await alice.follow(name)
  await alice.sees('Grüße')
  ok(true, of('it is looked at'))
  await alice.press('Delete')
  await alice.answerAndClose({}, 'Delete')
  await alice.sees('Nothing is here yet')
  ok(true, of('it is deleted'))
  clean(alice, of('a visit'), at.server)
  await alice.leave()
}

await withPeople(async browser => {
  for (const [name, way] of [
    ['classic', { url: `${at.server}/` }],
    ['classic, private', { url: `${at.server}/private/` }],
    ['pws', { url: `${at.server}/pws/`, collection: 'Drafts' }],
    ['pws of September', { url: `${at.server}/september/`, collection: 'Drafts' }]
  ])
    await section(name, of => slice(browser, of, way))
})
