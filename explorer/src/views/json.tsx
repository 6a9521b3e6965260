// Licensed under the Apache License, Version 2.0; see LICENSE.

// JSON as a tree that opens by the keyboard, and what a credential says of itself. All of it is
// text.

import { useState } from 'preact/hooks'
import { t } from '../strings'
import { listOf, objectOf, textOf, timeOf, type Json } from '../wire/values'
import { Name } from './parts'

// Members of one object that are shown at once, and levels that are open at first.
const STEP = 200
const OPEN_LEVELS = 3

export function JsonTree({ value }: { value: Json }) {
  return (
    <div class="tree">
      <Node value={value} level={0} />
    </div>
  )
}

interface NodeProps {
  // Of a member as JSON writes it, of an element its number.
  label?: string
  value: Json
  level: number
}

function Node({ label = '', value, level }: NodeProps) {
  const [open, setOpen] = useState(level < OPEN_LEVELS)
  const [shown, setShown] = useState(STEP)
  if (typeof value !== 'object' || value === null)
    return (
      <div class="leaf">
        <Name>{label}</Name>
        <span class={typeof value}>
          <bdi>{JSON.stringify(value)}</bdi>
        </span>
      </div>
    )
  const listed = Array.isArray(value)
  const entries: [string, Json][] = Object.entries(value)
  const brackets = listed ? `[${entries.length}]` : `{${entries.length}}`
  return (
    <details open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <Name>{label + brackets}</Name>
      </summary>
      {open &&
        entries
          .slice(0, shown)
          .map(([member, child]) => (
            <Node
              label={`${listed ? member : JSON.stringify(member)}: `}
              value={child}
              level={level + 1}
            />
          ))}
      {open && entries.length > shown && (
        <button onClick={() => setShown(shown + STEP)}>{t.more}</button>
      )}
    </details>
  )
}

export function isCredential(value: Json): boolean {
  const { type } = objectOf(value)
  return [type, ...listOf(type)].includes('VerifiableCredential')
}

function idOf(value: unknown): string {
  return textOf(value) ?? textOf(objectOf(value).id) ?? textOf(objectOf(value).name) ?? ''
}

export function CredentialCard({ value }: { value: Json }) {
  const document = objectOf(value)
  const subjects = [document.credentialSubject].flat() as unknown[]
  const day = (member: unknown) => t.time(timeOf(member))
  const rows: [string, string][] = [
    [
      t.kinds,
      listOf(document.type)
        .flatMap(kind => textOf(kind) ?? [])
        .join(', ')
    ],
    [t.issuer, idOf(document.issuer)],
    [t.subject, subjects.map(idOf).filter(Boolean).join(', ')],
    [t.validFrom, day(document.validFrom ?? document.issuanceDate)],
    [t.validUntil, day(document.validUntil ?? document.expirationDate)],
    [t.proof, document.proof ? t.proofThere : t.proofMissing]
  ]
  return (
    <section class="credential">
      <h2>{t.credential}</h2>
      <dl class="facts">
        {rows
          .filter(([, text]) => text)
          .map(([label, text]) => (
            <div>
              <dt>{label}</dt>
              <dd>
                <Name>{text}</Name>
              </dd>
            </div>
          ))}
      </dl>
    </section>
  )
}
