import * as createTenantsAndAccess from './001_create_tenants_and_access';
import * as createOffersPartnersDealsAndCampaigns from './002_create_offers_partners_deals_and_campaigns';
import * as createVisitorsAndClicksByMonth from './003_create_visitors_and_clicks_by_month';
import * as createPlayersEventsAndTheirReceipts from './004_create_players_events_and_their_receipts';
import * as createVerdictsBindingsAndConversions from './005_create_verdicts_bindings_and_conversions';
import * as createCommissionLinesAndTheLedger from './006_create_commission_lines_and_the_ledger';
import * as createDestinationsPostbacksAndAttempts from './007_create_destinations_postbacks_and_attempts';
import * as acceptWithdrawalsNgrAndSelfExclusion from './008_accept_withdrawals_ngr_and_self_exclusion';
import * as recordImpressions from './009_record_impressions';
import * as storeFraudRulesAndVelocity from './010_store_fraud_rules_and_velocity';
import * as decideByRulingsModelsCapsAndHolds from './011_decide_by_rulings_models_caps_and_holds';
import * as rotateSecretsWatchFailingDestinationsAndMarkTests from './012_rotate_secrets_watch_failing_destinations_and_mark_tests';
import * as openTheQuarantineDesk from './013_open_the_quarantine_desk';
import * as recordCostsRatesGoalsAndScenarios from './014_record_costs_rates_goals_and_scenarios';
import * as recordPayouts from './015_record_payouts';
import * as convertOnce from './016_convert_once';
import * as priceCampaignsAndOffers from './017_price_campaigns_and_offers';
import * as findThePlayersOfAPartner from './018_find_the_players_of_a_partner';
import * as parkWhatFailsAndRebuildBehindTheNew from './019_park_what_fails_and_rebuild_behind_the_new';
import * as keepRawRequestsByDay from './020_keep_raw_requests_by_day';
import * as rollUpResultsAndTellWhatIndexesServe from './021_roll_up_results_and_tell_what_indexes_serve';
import * as lightenTheClick from './022_lighten_the_click';
import * as addUpResultsByHour from './023_add_up_results_by_hour';
import * as rememberSignedMessages from './024_remember_signed_messages';
import * as giveTenantsNamesOfTheirOwnAndAskBeforePublicIsTold from './026_give_tenants_names_of_their_own_and_ask_before_public_is_told';
import * as countPublicReportsNoMore from './027_count_public_reports_no_more';
import * as askOneWorkspaceOnly from './029_ask_one_workspace_only';
import * as markWhatChangesInTheCatalog from './030_mark_what_changes_in_the_catalog';
import * as holdPostbacksAndBoundTheirDestinations from './032_hold_postbacks_and_bound_their_destinations';
import * as findHeldAndOverduePostbacks from './033_find_held_and_overdue_postbacks';
import * as endTheWaitingInQuarantine from './034_end_the_waiting_in_quarantine';
import * as lookOnlyWhereSomethingIsDue from './035_look_only_where_something_is_due';
import * as noteWhenEachPartOfTheHousekeepingSucceeded from './036_note_when_each_part_of_the_housekeeping_succeeded';
import * as keepTotalsOfPlayersBeyond64Bits from './037_keep_totals_of_players_beyond_64_bits';
import type { NamedMigration } from './migration';

/** In the order they apply. A released migration is never edited: a later one changes what it made. */
export const MIGRATIONS: readonly NamedMigration[] = [
  ['001_create_tenants_and_access', createTenantsAndAccess],
  ['002_create_offers_partners_deals_and_campaigns', createOffersPartnersDealsAndCampaigns],
  ['003_create_visitors_and_clicks_by_month', createVisitorsAndClicksByMonth],
  ['004_create_players_events_and_their_receipts', createPlayersEventsAndTheirReceipts],
  ['005_create_verdicts_bindings_and_conversions', createVerdictsBindingsAndConversions],
  ['006_create_commission_lines_and_the_ledger', createCommissionLinesAndTheLedger],
  ['007_create_destinations_postbacks_and_attempts', createDestinationsPostbacksAndAttempts],
  ['008_accept_withdrawals_ngr_and_self_exclusion', acceptWithdrawalsNgrAndSelfExclusion],
  ['009_record_impressions', recordImpressions],
  ['010_store_fraud_rules_and_velocity', storeFraudRulesAndVelocity],
  ['011_decide_by_rulings_models_caps_and_holds', decideByRulingsModelsCapsAndHolds],
  [
    '012_rotate_secrets_watch_failing_destinations_and_mark_tests',
    rotateSecretsWatchFailingDestinationsAndMarkTests,
  ],
  ['013_open_the_quarantine_desk', openTheQuarantineDesk],
  ['014_record_costs_rates_goals_and_scenarios', recordCostsRatesGoalsAndScenarios],
  ['015_record_payouts', recordPayouts],
  ['016_convert_once', convertOnce],
  ['017_price_campaigns_and_offers', priceCampaignsAndOffers],
  ['018_find_the_players_of_a_partner', findThePlayersOfAPartner],
  ['019_park_what_fails_and_rebuild_behind_the_new', parkWhatFailsAndRebuildBehindTheNew],
  ['020_keep_raw_requests_by_day', keepRawRequestsByDay],
  ['021_roll_up_results_and_tell_what_indexes_serve', rollUpResultsAndTellWhatIndexesServe],
  ['022_lighten_the_click', lightenTheClick],
  ['023_add_up_results_by_hour', addUpResultsByHour],
  ['024_remember_signed_messages', rememberSignedMessages],
  [
    '026_give_tenants_names_of_their_own_and_ask_before_public_is_told',
    giveTenantsNamesOfTheirOwnAndAskBeforePublicIsTold,
  ],
  ['027_count_public_reports_no_more', countPublicReportsNoMore],
  ['029_ask_one_workspace_only', askOneWorkspaceOnly],
  ['030_mark_what_changes_in_the_catalog', markWhatChangesInTheCatalog],
  ['032_hold_postbacks_and_bound_their_destinations', holdPostbacksAndBoundTheirDestinations],
  ['033_find_held_and_overdue_postbacks', findHeldAndOverduePostbacks],
  ['034_end_the_waiting_in_quarantine', endTheWaitingInQuarantine],
  ['035_look_only_where_something_is_due', lookOnlyWhereSomethingIsDue],
  ['036_note_when_each_part_of_the_housekeeping_succeeded', noteWhenEachPartOfTheHousekeepingSucceeded],
  ['037_keep_totals_of_players_beyond_64_bits', keepTotalsOfPlayersBeyond64Bits],
];
