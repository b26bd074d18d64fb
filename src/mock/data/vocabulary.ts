/** The words of the synthetic patients: names from many places, real terminology codes, plausible values. */

export interface Coded {
  code: string
  display: string
}

export interface Measured extends Coded {
  category: 'laboratory' | 'vital-signs'
  unit: string
  /** UCUM. */
  ucum: string
  low: number
  high: number
  /** Digits after the point, written even when they are zero: `17.0` and `17` are not the same decimal. */
  decimals: number
}

const given = (female: string, male: string) => ({ female: female.split(' '), male: male.split(' ') })

export const cultures = [
  {
    given: given('Mary Linda Susan Grace', 'James Robert David Samuel'),
    family: 'Smith Johnson Miller Davis Brown'.split(' '),
  },
  {
    given: given('Zoë Chloé Renée Aimée', 'François André Loïc Noël'),
    family: 'Lefèvre Müller Núñez Brontë'.split(' '),
  },
  {
    given: given('Łucja Małgorzata Świętosława Żaneta', 'Łukasz Michał Paweł Stanisław'),
    family: 'Żółć Wójcik Kamińska Dąbrowski'.split(' '),
  },
  { given: given('花子 さくら 美咲 陽菜', '太郎 翔太 健一 大輔'), family: '山田 佐藤 鈴木 高橋'.split(' ') },
  {
    given: given('María Lucía Sofía Inés', 'José Ángel Íñigo Nicolás'),
    family: 'García Muñoz Ibáñez Peña'.split(' '),
  },
  {
    given: given('Ольга Анна Мария Дарья', 'Иван Пётр Сергей Фёдор'),
    family: 'Иванов Смирнов Кузнецов Попов'.split(' '),
  },
  {
    given: given('Siân Niamh Gráinne Máire', 'Seán Pádraig Éamon Rhŷs'),
    family: "O'Neill Ní-Bhriain MacGregor Llŷr".split(' '),
  },
] as const

export const cities = [
  ['Boston', 'MA', '02118'],
  ['Worcester', 'MA', '01608'],
  ['Holyoke', 'MA', '01040'],
  ['Española', 'NM', '87532'],
  ['Cañon City', 'CO', '81212'],
  ['Coeur d’Alene', 'ID', '83814'],
] as const

export const streets = [
  'Beech Street',
  'Main St',
  'Rue de l’Église',
  'Harbor Rd',
  'Peña Blvd',
  'North Ave',
] as const

export const organizationNames = [
  'General Hospital',
  'Community Clinic',
  'Centro Médico',
  'Family Practice',
] as const

export const conditions: readonly Coded[] = [
  { code: '38341003', display: 'Hypertensive disorder' },
  { code: '44054006', display: 'Type 2 diabetes mellitus' },
  { code: '195967001', display: 'Asthma' },
  { code: '36971009', display: 'Sinusitis' },
  { code: '10509002', display: 'Acute bronchitis' },
  { code: '13645005', display: 'Chronic obstructive lung disease' },
  { code: '23986001', display: 'Glaucoma' },
]

export const measurements: readonly Measured[] = [
  {
    category: 'laboratory',
    code: '718-7',
    display: 'Hemoglobin [Mass/volume] in Blood',
    unit: 'g/dL',
    ucum: 'g/dL',
    low: 12,
    high: 17,
    decimals: 1,
  },
  {
    category: 'laboratory',
    code: '4548-4',
    display: 'Hemoglobin A1c/Hemoglobin.total in Blood',
    unit: '%',
    ucum: '%',
    low: 4,
    high: 9,
    decimals: 2,
  },
  {
    category: 'laboratory',
    code: '2160-0',
    display: 'Creatinine [Mass/volume] in Serum or Plasma',
    unit: 'mg/dL',
    ucum: 'mg/dL',
    low: 0.5,
    high: 1.5,
    decimals: 2,
  },
  {
    category: 'vital-signs',
    code: '29463-7',
    display: 'Body weight',
    unit: 'kg',
    ucum: 'kg',
    low: 45,
    high: 110,
    decimals: 2,
  },
  {
    category: 'vital-signs',
    code: '8302-2',
    display: 'Body height',
    unit: 'cm',
    ucum: 'cm',
    low: 145,
    high: 200,
    decimals: 1,
  },
  {
    category: 'laboratory',
    code: '2345-7',
    display: 'Glucose [Mass/volume] in Serum or Plasma',
    unit: 'mg/dL',
    ucum: 'mg/dL',
    low: 65,
    high: 180,
    decimals: 0,
  },
  {
    category: 'vital-signs',
    code: '8310-5',
    display: 'Body temperature',
    unit: '°C',
    ucum: 'Cel',
    low: 36,
    high: 39,
    decimals: 1,
  },
  {
    category: 'laboratory',
    code: '2823-3',
    display: 'Potassium [Moles/volume] in Serum or Plasma',
    unit: 'mmol/L',
    ucum: 'mmol/L',
    low: 3,
    high: 6,
    decimals: 1,
  },
]

export const allergens: readonly Coded[] = [
  { code: '91935009', display: 'Allergy to peanuts' },
  { code: '300916003', display: 'Latex allergy' },
  { code: '91936005', display: 'Allergy to penicillin' },
]

export const vaccines: readonly Coded[] = [
  { code: '140', display: 'Influenza, seasonal, injectable, preservative free' },
  { code: '113', display: 'Td (adult) preservative free' },
  { code: '208', display: 'COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose' },
]

export const medications: readonly Coded[] = [
  { code: '314076', display: 'lisinopril 10 MG Oral Tablet' },
  { code: '860975', display: '24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet' },
  { code: '745679', display: '200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler' },
]

export const procedures: readonly Coded[] = [
  { code: '430193006', display: 'Medication reconciliation' },
  { code: '71651007', display: 'Mammography' },
  { code: '73761001', display: 'Colonoscopy' },
]

export const encounterTypes: readonly Coded[] = [
  { code: '185345009', display: 'Encounter for symptom' },
  { code: '162673000', display: 'General examination of patient' },
  { code: '50849002', display: 'Emergency room admission' },
]
