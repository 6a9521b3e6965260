// Licensed under the Apache License, Version 2.0; see LICENSE.

// The page that docs/classic.md shows, in headless Chromium:
//
//   node docs-page.mjs DIRECTORY URL
//
// Serves what was built in the directory, does what a user of the page does, and prints TAP.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serve, withPage } from './browser.mjs'
import { done, is, section } from './interop.mjs'

const [directory, base] = process.argv.slice(2)
const file = name => readFileSync(join(directory, name), 'utf8')

await section('docs/classic.md', async of => {
  const { origin, close } = await serve({
    '/page.html': ['text/html', file('page.html')],
    '/page.js': ['text/javascript', file('page.js')]
  })
  try {
    await withPage(async (page, complaints) => {
      await page.goto(`${origin}/page.html`)
      await page.fill('[name=server]', base)
      await page.fill('[name=text]', 'Grüße')
      await page.click('button')
      await page.waitForFunction(() => document.querySelector('output').textContent)
      const shown = await page.textContent('output')
      is(shown.replace(/"[^"]+"/, '"..."'), 'Grüße ("...")', of('the page shows what is stored'))
      is(complaints, [], of('without an error'))
    })
  } finally {
    close()
  }
})
done()
