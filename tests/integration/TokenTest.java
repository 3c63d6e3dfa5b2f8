/*
 * What a Java program does with a token: list, sign, agree on a key, speak TLS.
 *
 * java TokenTest.java CONFIG ALIAS CA, the PIN in the environment's PIN: prints one line a claim;
 * exit 1 when the token cannot be opened or a claim is wrong.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class TokenTest {
	private static final byte[] MESSAGE = new byte[100000];
	private static int wrong;

	private static void claim(boolean truth, String what) {
		System.out.println((truth ? "right: " : "WRONG: ") + what);
		if (!truth)
			wrong++;
	}

	private static byte[] sign(Provider provider, String algorithm, PrivateKey key, byte[] data) throws Exception {
		Signature signature = Signature.getInstance(algorithm, provider);
		signature.initSign(key);
		for (int at = 0; at < data.length; at += 9999)
			signature.update(data, at, Math.min(9999, data.length - at));
		return signature.sign();
	}

	/* By the provider, and by Java's own code. */
	private static boolean verify(Provider provider, String algorithm, PublicKey key, byte[] data, byte[] sig)
			throws Exception {
		Signature signature = provider != null ? Signature.getInstance(algorithm, provider)
				: Signature.getInstance(algorithm, "SunEC");
		signature.initVerify(key);
		signature.update(data);
		return signature.verify(sig);
	}

	private static void signatures(Provider provider, PrivateKey key, PublicKey publicKey) throws Exception {
		for (String hash : List.of("SHA1", "SHA224", "SHA256", "SHA384", "SHA512")) {
			byte[] sig = sign(provider, hash + "withECDSA", key, MESSAGE);
			claim(verify(null, hash + "withECDSA", publicKey, MESSAGE, sig), hash + "withECDSA, verified by Java");
			claim(verify(provider, hash + "withECDSA", publicKey, MESSAGE, sig), "and by the token");
			byte[] other = MESSAGE.clone();
			other[77777] ^= 1;
			claim(!verify(provider, hash + "withECDSA", publicKey, other, sig), "which refuses another message");
		}
		byte[] digest = MessageDigest.getInstance("SHA-256").digest(MESSAGE);
		claim(verify(null, "NONEwithECDSA", publicKey, digest, sign(provider, "NONEwithECDSA", key, digest)),
				"NONEwithECDSA");
	}

	private static void threads(Provider provider, PrivateKey key, PublicKey publicKey) throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(8);
		List<Future<Boolean>> done = new ArrayList<>();
		for (int i = 0; i < 160; i++) {
			byte[] data = ("message " + i).getBytes();
			done.add(pool.submit(() -> verify(null, "SHA256withECDSA", publicKey, data,
					sign(provider, "SHA256withECDSA", key, data))));
		}
		boolean all = true;
		for (Future<Boolean> one : done)
			all &= one.get();
		pool.shutdown();
		claim(all, "160 signatures by 8 threads");
	}

	private static byte[] agree(Provider provider, PrivateKey own, PublicKey peer) throws Exception {
		KeyAgreement agreement = provider != null ? KeyAgreement.getInstance("ECDH", provider)
				: KeyAgreement.getInstance("ECDH", "SunEC");
		agreement.init(own);
		agreement.doPhase(peer, true);
		return agreement.generateSecret();
	}

	private static void agreement(Provider provider, PrivateKey key, PublicKey publicKey) throws Exception {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
		generator.initialize(new ECGenParameterSpec("secp256r1"));
		KeyPair peer = generator.generateKeyPair();
		claim(Arrays.equals(agree(provider, key, peer.getPublic()), agree(null, peer.getPrivate(), publicKey)),
				"ECDH gives both sides the same");
		KeyPairGenerator inToken = KeyPairGenerator.getInstance("EC", provider);
		inToken.initialize(new ECGenParameterSpec("secp384r1"));
		KeyPair one = inToken.generateKeyPair(), two = inToken.generateKeyPair();
		claim(Arrays.equals(agree(provider, one.getPrivate(), two.getPublic()),
				agree(provider, two.getPrivate(), one.getPublic())), "also of two session keys on P-384");
	}

	private static void rest(Provider provider) throws Exception {
		for (String hash : List.of("SHA-1", "SHA-256", "SHA-512")) {
			byte[] ours = MessageDigest.getInstance(hash, provider).digest(MESSAGE);
			claim(Arrays.equals(ours, MessageDigest.getInstance(hash, "SUN").digest(MESSAGE)), hash);
		}
		byte[] random = new byte[32];
		SecureRandom.getInstance("PKCS11", provider).nextBytes(random);
		claim(!Arrays.equals(random, new byte[32]), "random bytes");
	}

	private static byte[] cipher(String provider, String name, int mode, SecretKey key) throws Exception {
		AlgorithmParameterSpec iv = name.contains("GCM") ? new GCMParameterSpec(128, new byte[12])
				: name.contains("ECB") ? null : new IvParameterSpec(new byte[16]);
		Cipher cipher = Cipher.getInstance(name, provider);
		cipher.init(mode, key, iv);
		return cipher.doFinal(MESSAGE, 0, 10000);
	}

	/* The token's AES and HMAC with a key that Java has too, and with one that the token made. */
	private static void secrets(Provider provider) throws Exception {
		SecretKey known = new SecretKeySpec(new byte[32], "AES");
		for (String name : List.of("AES/CBC/PKCS5Padding", "AES/CBC/NoPadding", "AES/ECB/NoPadding", "AES/CTR/NoPadding",
				"AES/GCM/NoPadding"))
			claim(Arrays.equals(cipher(provider.getName(), name, Cipher.ENCRYPT_MODE, known),
					cipher("SunJCE", name, Cipher.ENCRYPT_MODE, known)), name);
		for (String name : List.of("HmacSHA1", "HmacSHA224", "HmacSHA256", "HmacSHA384", "HmacSHA512")) {
			SecretKey key = new SecretKeySpec(new byte[64], name);
			Mac ours = Mac.getInstance(name, provider), theirs = Mac.getInstance(name, "SunJCE");
			ours.init(key);
			theirs.init(key);
			claim(Arrays.equals(ours.doFinal(MESSAGE), theirs.doFinal(MESSAGE)), name);
		}
		KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
		generator.init(256);
		SecretKey made = generator.generateKey();
		Cipher there = Cipher.getInstance("AES/GCM/NoPadding", provider);
		there.init(Cipher.ENCRYPT_MODE, made, new GCMParameterSpec(128, new byte[12]));
		there.updateAAD("header".getBytes());
		byte[] sealed = there.doFinal(MESSAGE);
		Cipher back = Cipher.getInstance("AES/GCM/NoPadding", provider);
		back.init(Cipher.DECRYPT_MODE, made, new GCMParameterSpec(128, new byte[12]));
		back.updateAAD("header".getBytes());
		claim(Arrays.equals(back.doFinal(sealed), MESSAGE), "AES-GCM with a key of the token");
		sealed[5] ^= 1;
		back.init(Cipher.DECRYPT_MODE, made, new GCMParameterSpec(128, new byte[12]));
		back.updateAAD("header".getBytes());
		try {
			back.doFinal(sealed);
			claim(false, "which refuses what was changed");
		} catch (AEADBadTagException error) {
			claim(true, "which refuses what was changed");
		}
	}

	/* The server's key, and the client's, is the token's. */
	private static void tls(KeyStore store, Certificate ca, String protocol) throws Exception {
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("ca", ca);
		TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
		trust.init(trusted);
		KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
		keys.init(store, null);
		SSLContext context = SSLContext.getInstance(protocol);
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		try (SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
			server.setNeedClientAuth(true);
			ExecutorService pool = Executors.newSingleThreadExecutor();
			Future<String> peer = pool.submit(() -> {
				try (SSLSocket socket = (SSLSocket) server.accept()) {
					socket.getOutputStream().write("hello".getBytes());
					return socket.getSession().getPeerPrincipal().getName();
				}
			});
			pool.shutdown();
			try (SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1",
					server.getLocalPort())) {
				client.setEnabledProtocols(new String[] { protocol });
				claim(new String(client.getInputStream().readAllBytes()).equals("hello"), protocol);
			}
			claim(peer.get().startsWith("CN="), "with both sides known");
		}
	}

	public static void main(String[] args) throws Exception {
		Provider provider = Security.getProvider("SunPKCS11").configure(args[0]);
		Security.addProvider(provider);
		KeyStore store = KeyStore.getInstance("PKCS11", provider);
		try {
			store.load(null, System.getenv("PIN").toCharArray());
		} catch (java.io.IOException error) {
			for (Throwable cause = error; cause != null; cause = cause.getCause())
				System.out.println(cause.getMessage());
			System.exit(1);
		}
		System.out.println("entries: " + Collections.list(store.aliases()));
		PrivateKey key = (PrivateKey) store.getKey(args[1], null);
		X509Certificate certificate = (X509Certificate) store.getCertificate(args[1]);
		claim(key != null && key.getEncoded() == null, "a private key that stays in the token");
		signatures(provider, key, certificate.getPublicKey());
		threads(provider, key, certificate.getPublicKey());
		agreement(provider, key, certificate.getPublicKey());
		rest(provider);
		secrets(provider);
		try (InputStream file = new FileInputStream(args[2])) {
			Certificate ca = CertificateFactory.getInstance("X.509")
					.generateCertificate(new ByteArrayInputStream(file.readAllBytes()));
			tls(store, ca, "TLSv1.2");
			tls(store, ca, "TLSv1.3");
		}
		System.exit(wrong == 0 ? 0 : 1);
	}
}
