//! Authenticators by their AAGUIDs.

use crate::data::Aaguid;

/// AAGUIDs of widely used authenticators in ascending order, from the FIDO Alliance's metadata service
/// and the passkey community's list of AAGUIDs, as of 2026-08-24. A registration with `none` proves
/// nothing about its AAGUID.
static AUTHENTICATORS: &[(Aaguid, &str)] = &[
    (
        uuid(0x0898_7058_cadc_4b81_b6e1_30de_50dc_be96),
        "Windows Hello",
    ),
    (
        uuid(0x0bb4_3545_fd2c_4185_87dd_feb0_b291_6ace),
        "Security Key NFC by Yubico - Enterprise Edition",
    ),
    (uuid(0x0ea2_42b4_43c4_4a1b_8b17_dd6d_0b6b_aec6), "Keeper"),
    (
        uuid(0x149a_2021_8ef6_4133_96b8_81f8_d5b7_f1f5),
        "Security Key by Yubico with NFC",
    ),
    (
        uuid(0x1908_3c3d_8383_4b18_bc03_8f1c_9ab2_fd1b),
        "YubiKey 5 Series",
    ),
    (
        uuid(0x2467_3149_6c86_42e7_98d9_433f_b5b7_3296),
        "YubiKey 5 Series with Lightning",
    ),
    (
        uuid(0x2cd2_f727_f6ca_44da_8f48_5c2e_5da0_00a2),
        "Nitrokey 3",
    ),
    (
        uuid(0x2fc0_579f_8113_47ea_b116_bb5a_8db9_202a),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0x3474_4913_4f57_4e6e_a527_e9ec_3c4b_94e6),
        "YubiKey Bio Series - Multi-protocol Edition",
    ),
    (
        uuid(0x3b1a_db99_0dfe_46fd_90b8_7f76_14a4_de2a),
        "GoTrust Idem Key",
    ),
    (
        uuid(0x42b4_fb4a_2866_43b2_9bf7_6c66_69c2_e5d3),
        "Google Titan Security Key v2",
    ),
    (
        uuid(0x42df_17de_06ba_4177_a2bb_6701_be13_80d6),
        "Feitian BioPass FIDO2 Plus",
    ),
    (
        uuid(0x47ab_2fb4_66ac_4184_9ae1_86be_8140_12d5),
        "Security Key NFC by Yubico - Enterprise Edition",
    ),
    (
        uuid(0x5072_6f74_6f6e_5061_7373_5072_6f74_6f6e),
        "Proton Pass",
    ),
    (uuid(0x5311_26d6_e717_415c_9320_3d9a_a698_1239), "Dashlane"),
    (
        uuid(0x5341_4d53_554e_4700_0000_0000_0000_0000),
        "Samsung Pass",
    ),
    (
        uuid(0x57f7_de54_c807_4eab_b1c6_1c9b_e798_4e92),
        "YubiKey 5 FIPS Series",
    ),
    (
        uuid(0x5d62_9218_d3a5_11ed_afa1_0242_ac12_0002),
        "Swissbit iShield Key Pro",
    ),
    (
        uuid(0x6028_b017_b1d4_4c02_b4b3_afcd_afc9_6bb2),
        "Windows Hello",
    ),
    (uuid(0x664d_9f67_84a2_412a_9ff7_b4f7_d8ee_6d05), "OpenSK"),
    (
        uuid(0x66a0_ccb3_bd6a_191f_ee06_e375_c50b_9846),
        "Thales Bio iOS SDK",
    ),
    (
        uuid(0x6d44_ba9b_f6ec_2e49_b930_0c8f_e920_cb73),
        "Security Key by Yubico with NFC",
    ),
    (
        uuid(0x73bb_0cd4_e502_49b8_9c6f_b594_45bf_720b),
        "YubiKey 5 FIPS Series",
    ),
    (
        uuid(0x7409_272d_1ff9_4e10_9fc9_ac00_19c1_24fd),
        "YubiKey Bio Series - FIDO Edition",
    ),
    (
        uuid(0x7482_0b05_a6c9_40f9_8fb0_9f86_aca9_3998),
        "SafeNet eToken Fusion",
    ),
    (
        uuid(0x771b_48fd_d3d4_4f74_9232_fc15_7ab0_507a),
        "Edge on Mac",
    ),
    (
        uuid(0x7787_a482_13e8_4784_8a06_c7ed_49a7_aaf4),
        "Swissbit iShield Key 2",
    ),
    (
        uuid(0x7991_798a_a7f3_487f_98c0_3faf_7a45_8a04),
        "HID Crescendo Key V3",
    ),
    (
        uuid(0x7b96_457d_e3cd_432b_9ceb_c9fd_d7ef_7432),
        "YubiKey 5 FIPS Series with Lightning",
    ),
    (
        uuid(0x7d13_51a6_e097_4852_b8bf_c9ac_5c9c_e4a3),
        "YubiKey Bio Series - Multi-protocol Edition",
    ),
    (
        uuid(0x833b_721a_ff5f_4d00_bb2e_bdda_3ec0_1e29),
        "Feitian ePass FIDO2",
    ),
    (
        uuid(0x8520_3421_48f9_4355_9bc8_8a53_846e_5083),
        "YubiKey 5 FIPS Series with Lightning",
    ),
    (
        uuid(0x87c1_3177_85d6_40ac_8c61_fe7a_b3de_9dfb),
        "HID Crescendo Key V3",
    ),
    (
        uuid(0x8836_336a_f590_0921_301d_4642_7531_eee6),
        "Thales Bio Android SDK",
    ),
    (uuid(0x8876_631b_d4a0_427f_5773_0ec7_1c9e_0279), "Solo"),
    (uuid(0x8976_631b_d4a0_427f_5773_0ec7_1c9e_0279), "Solo Tap"),
    (
        uuid(0x9063_6e1f_ef82_43bf_bdcf_5255_f139_d12f),
        "YubiKey Bio Series - Multi-protocol Edition",
    ),
    (
        uuid(0x9ddd_1817_af5a_4672_a2b9_3e3d_d950_00a9),
        "Windows Hello",
    ),
    (
        uuid(0xa021_67b9_ae71_4ac7_9a07_0643_2ebb_6f1c),
        "YubiKey 5 Series with Lightning",
    ),
    (
        uuid(0xa10c_6dd9_465e_4226_8198_c7c4_4b91_c555),
        "Kaspersky Password Manager",
    ),
    (
        uuid(0xa253_42c0_3cdc_4414_8e46_f480_7fca_511c),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0xa4e9_fc6d_4cbe_4758_b8ba_3759_8bb5_bbaa),
        "Security Key NFC by Yubico",
    ),
    (
        uuid(0xab32_f0c6_2239_afbb_c470_d2ef_4e25_4db7),
        "TOKEN2 FIDO2 Security Key",
    ),
    (
        uuid(0xadce_0002_35bc_c60a_648b_0b25_f1f0_5503),
        "Chrome on Mac",
    ),
    (
        uuid(0xb35a_26b2_8f6e_4697_ab1d_d44d_b4da_28c6),
        "Zoho Vault",
    ),
    (
        uuid(0xb539_7666_4885_aa6b_cebf_e522_62a4_39a2),
        "Chromium Browser",
    ),
    (
        uuid(0xb6ed_e29c_3772_412c_8a78_539c_1f4c_62d2),
        "Feitian BioPass FIDO2 Plus",
    ),
    (uuid(0xb78a_0a55_6ef8_d246_a042_ba0f_6d55_050c), "LastPass"),
    (
        uuid(0xb7d3_f68e_88a6_471e_9ecf_2df2_6d04_1ede),
        "Security Key NFC by Yubico",
    ),
    (uuid(0xb84e_4048_15dc_4dd0_8640_f4f6_0813_c8af), "NordPass"),
    (
        uuid(0xb92c_3f9a_c014_4056_887f_140a_2501_163b),
        "Security Key by Yubico",
    ),
    (
        uuid(0xb93f_d961_f2e6_462f_b122_8200_2247_de78),
        "Android Authenticator",
    ),
    (uuid(0xbada_5566_a7aa_401f_bd96_4561_9a55_120d), "1Password"),
    (
        uuid(0xc1f9_a0bc_1dd2_404a_b27f_8e29_047a_43fd),
        "YubiKey 5 FIPS Series with NFC",
    ),
    (
        uuid(0xc5ef_55ff_ad9a_4b9f_b580_adeb_afe0_26d0),
        "YubiKey 5 Series with Lightning",
    ),
    (
        uuid(0xc611_b55c_77b2_4527_8082_590e_931b_2f08),
        "GoTrust Idem Key",
    ),
    (
        uuid(0xcb69_481e_8ff7_4039_93ec_0a27_29a1_54a8),
        "YubiKey 5 Series",
    ),
    (
        uuid(0xd345_2668_01fd_4c12_926c_83a4_2048_53aa),
        "Microsoft Password Manager",
    ),
    (uuid(0xd548_826e_79b4_db40_a3d8_1111_6f7e_8349), "Bitwarden"),
    (
        uuid(0xd778_1e5d_e353_46aa_afe2_3ca4_9f13_332a),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0xd852_2d9f_575b_4866_88a9_ba99_fa02_f35b),
        "YubiKey Bio Series - FIDO Edition",
    ),
    (
        uuid(0xdd4e_c289_e01d_41c9_bb89_70fa_845d_4bf2),
        "iCloud Keychain (Managed)",
    ),
    (
        uuid(0xdd86_a2da_86a0_4cbe_b462_4bd3_1f57_bc6f),
        "YubiKey Bio Series - FIDO Edition",
    ),
    (
        uuid(0xde50_3f9c_21a4_4f76_b4b7_558e_b55c_6f89),
        "Devolutions",
    ),
    (
        uuid(0xe77e_3c64_05e3_428b_8824_0cbe_b04b_829d),
        "Security Key NFC by Yubico",
    ),
    (
        uuid(0xea9b_8d66_4d01_1d21_3ce4_b6b4_8cb5_75d4),
        "Google Password Manager",
    ),
    (uuid(0xeaec_def2_1c31_5634_8639_f1cb_d9c0_0a08), "KeePassDX"),
    (
        uuid(0xed04_2a3a_4b22_4455_bb69_a267_b652_ae7e),
        "Security Key NFC by Yubico - Enterprise Edition",
    ),
    (
        uuid(0xee04_1bce_25e5_4cdb_8f86_897f_d641_8464),
        "Feitian ePass FIDO2-NFC",
    ),
    (
        uuid(0xee88_2879_721c_4913_9775_3dfc_ce97_072a),
        "YubiKey 5 Series",
    ),
    (uuid(0xf380_9540_7f14_49c1_a8b3_8f81_3b22_5541), "Enpass"),
    (
        uuid(0xf8a0_11f3_8c0a_4d15_8006_1711_1f9e_dc7d),
        "Security Key by Yubico",
    ),
    (
        uuid(0xfa2b_99dc_9e39_4257_8f92_4a30_d23c_4118),
        "YubiKey 5 Series with NFC",
    ),
    (
        uuid(0xfa37_f553_f9b6_4adb_ac53_8bbb_57eb_df0d),
        "Norton Password Manager",
    ),
    (
        uuid(0xfbfc_3007_154e_4ecc_8c0b_6e02_0557_d7bd),
        "Apple Passwords",
    ),
    (
        uuid(0xfcb1_bcb4_f370_078c_6993_bc24_d0ae_3fbe),
        "Ledger Nano X",
    ),
    (
        uuid(0xfcc0_118f_cd45_435b_8da1_9782_b2da_0715),
        "YubiKey 5 FIPS Series with NFC",
    ),
    (uuid(0xfdb1_41b2_5d84_443e_8a35_4698_c205_a502), "KeePassXC"),
    (
        uuid(0xff4d_ac45_ede8_4ec2_aced_cf66_103f_4335),
        "YubiKey 5 Series",
    ),
];

const fn uuid(number: u128) -> Aaguid {
    Aaguid::new(number.to_be_bytes())
}

/// The product that an AAGUID belongs to, if it is known here.
#[must_use]
pub fn product(aaguid: Aaguid) -> Option<&'static str> {
    let found = AUTHENTICATORS.binary_search_by_key(&aaguid, |(known, _)| *known);
    AUTHENTICATORS.get(found.ok()?).map(|(_, name)| *name)
}

/// The meaning of an AAGUID.
pub(super) fn name(aaguid: Aaguid) -> &'static str {
    if aaguid == Aaguid::ZERO {
        return "not disclosed";
    }
    product(aaguid).unwrap_or("the authenticator's model, not known here")
}

#[cfg(test)]
mod tests {
    use super::{AUTHENTICATORS, Aaguid, name, product, uuid};

    #[test]
    fn every_authenticator_is_found() {
        assert!(AUTHENTICATORS.is_sorted_by(|a, b| a.0 < b.0));
        for (aaguid, known) in AUTHENTICATORS {
            assert_eq!(name(*aaguid), *known);
        }
        assert_eq!(product(Aaguid::ZERO), None);
        assert_eq!(name(uuid(1)), "the authenticator's model, not known here");
    }
}
