/** The resource types of FHIR R4, for guesses: servers may have others, and only other capitals than theirs are refused. */
import { nearestName } from './did-you-mean.js'
import { parseName } from './values.js'

const names = `Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
  Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
  ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
  CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
  CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement
  DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest
  EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
  FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
  ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List
  Location Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge
  MedicationRequest MedicationStatement MedicinalProduct MessageDefinition MessageHeader MolecularSequence NamingSystem
  NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome Organization
  OrganizationAffiliation Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner
  PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup
  ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis
  Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap
  Subscription Substance SubstanceSpecification SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport
  TestScript ValueSet VerificationResult VisionPrescription`

export const resourceTypes: ReadonlySet<string> = new Set(names.split(/\s+/))

export const isResourceType = (name: string): boolean => resourceTypes.has(name)

const byLowerCase: ReadonlyMap<string, string> = new Map(
  [...resourceTypes].map((name) => [name.toLowerCase(), name]),
)

/** The type that differs in nothing but capitals: FHIR tells them apart, and no server has two such. */
const otherwiseWritten = (name: string): string | undefined =>
  isResourceType(name) ? undefined : byLowerCase.get(name.toLowerCase())

/** What may be a resource type, of whatever server. */
export const parseType = (text: string): string | undefined =>
  otherwiseWritten(text) === undefined ? parseName(text) : undefined

export const typeMeant = (text: string): { value: string; why: string } | undefined => {
  const value = otherwiseWritten(text)
  return value === undefined ? undefined : { value, why: 'capitals matter' }
}

/** The type that was probably meant; undefined where nothing is near. */
export const nearestType = (name: string): string | undefined => nearestName(name, resourceTypes)
