// Licensed under the Apache License, Version 2.0; see LICENSE.

// The main way in Firefox as the distribution has it: node firefox.mjs PLACES. Prints TAP.

import { section } from '../../t/interop/interop.mjs'
import { at, withPeople } from './harness.mjs'
import { edit, PWS, share, slice } from './ways.mjs'

const pws = { url: PWS, path: 'note.txt' }

await withPeople(async browser => {
  for (const [name, way] of [
    ['classic', { url: `${at.server}/private/` }],
    ['pws', { url: PWS, collection: 'Drafts' }],
    ['pws of another origin', { url: `${at.other}/pws/`, collection: 'Drafts' }]
  ])
    await section(name, of => slice(browser, of, way))
  await section('edit', of => edit(browser, of, pws))
  await section('share', of => share(browser, of))
}, 'firefox')
